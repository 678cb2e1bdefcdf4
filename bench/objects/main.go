// SPDX-License-Identifier: Apache-2.0

// objects makes, changes and counts many RedisRestore objects, so that the benchmark's own share of the processors is small.
//
//	objects -url URL -ca FILE -cert FILE -key FILE create -count 10000 -namespaces 10 -endpoint URL
//	objects ...                                    change -count 10000 -namespaces 10 -trigger TEXT
//	objects ...                                    check
//
// Objects are called bench-{number} and lie in turn in the namespaces bench-0, bench-1, ... `check` prints how many objects there are, how many of them
// have a status for their generation, and how many are Ready.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"sync"
)

const (
	group   = "/apis/redisrestore.dev/v1alpha1"
	senders = 16
)

type server struct {
	url    string
	client *http.Client
}

func newServer(url, ca, cert, key string) (*server, error) {
	pem, err := os.ReadFile(ca)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}}, MaxIdleConnsPerHost: senders}
	return &server{url: url, client: &http.Client{Transport: transport}}, nil
}

func (s *server) call(method, path, contentType string, body any, reply any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequest(method, s.url+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", contentType)
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		words, _ := io.ReadAll(io.LimitReader(response.Body, 1000))
		return fmt.Errorf("%s %s: %s: %s", method, path, response.Status, words)
	}
	if reply == nil {
		_, err = io.Copy(io.Discard, response.Body)
		return err
	}
	return json.NewDecoder(response.Body).Decode(reply)
}

func collection(number, namespaces int) string {
	return fmt.Sprintf("%s/namespaces/bench-%d/redisrestores", group, number%namespaces)
}

func (s *server) create(number, namespaces int, endpoint string) error {
	object := map[string]any{"apiVersion": "redisrestore.dev/v1alpha1", "kind": "RedisRestore",
		"metadata": map[string]any{"name": fmt.Sprintf("bench-%d", number)},
		"spec": map[string]any{"source": map[string]any{"s3": map[string]any{"bucket": "bench", "endpoint": endpoint,
			"credentials": map[string]any{"secretRef": map[string]any{"name": "bench"}}}}}}
	return s.call("POST", collection(number, namespaces), "application/json", object, nil)
}

func (s *server) change(number, namespaces int, trigger string) error {
	patch := map[string]any{"spec": map[string]any{"trigger": trigger}}
	return s.call("PATCH", fmt.Sprintf("%s/bench-%d", collection(number, namespaces), number), "application/merge-patch+json", patch, nil)
}

// forAll runs work for 0 to count-1 on several connections and returns all errors.
func forAll(count int, work func(number int) error) error {
	numbers := make(chan int)
	errs := make([]error, senders)
	var group sync.WaitGroup
	for i := range senders {
		group.Add(1)
		go func() {
			defer group.Done()
			for number := range numbers {
				if err := work(number); err != nil && errs[i] == nil {
					errs[i] = err
				}
			}
		}()
	}
	for number := range count {
		numbers <- number
	}
	close(numbers)
	group.Wait()
	return errors.Join(errs...)
}

func (s *server) check() error {
	var list struct {
		Metadata struct{ Continue string }
		Items    []struct {
			Metadata struct{ Generation int64 }
			Status   struct {
				ObservedGeneration int64
				Conditions         []struct{ Type, Status string }
			}
		}
	}
	total, observed, ready := 0, 0, 0
	for more := true; more; more = list.Metadata.Continue != "" {
		path := group + "/redisrestores?limit=500&continue=" + url.QueryEscape(list.Metadata.Continue)
		list.Metadata.Continue, list.Items = "", nil
		if err := s.call("GET", path, "application/json", nil, &list); err != nil {
			return err
		}
		for _, item := range list.Items {
			total++
			if item.Status.ObservedGeneration == item.Metadata.Generation {
				observed++
			}
			for _, condition := range item.Status.Conditions {
				if condition.Type == "Ready" && condition.Status == "True" {
					ready++
				}
			}
		}
	}
	fmt.Println(total, observed, ready)
	return nil
}

func run() error {
	address := flag.String("url", "", "")
	ca, cert, key := flag.String("ca", "", ""), flag.String("cert", "", ""), flag.String("key", "", "")
	flag.Parse()
	s, err := newServer(*address, *ca, *cert, *key)
	if err != nil {
		return err
	}
	flags := flag.NewFlagSet("objects", flag.ExitOnError)
	count, namespaces := flags.Int("count", 1000, ""), flags.Int("namespaces", 10, "")
	endpoint, trigger := flags.String("endpoint", "", ""), flags.String("trigger", "", "")
	if flag.NArg() == 0 {
		return errors.New("create, change or check?")
	}
	if err := flags.Parse(flag.Args()[1:]); err != nil {
		return err
	}
	switch flag.Arg(0) {
	case "create":
		return forAll(*count, func(number int) error { return s.create(number, *namespaces, *endpoint) })
	case "change":
		return forAll(*count, func(number int) error { return s.change(number, *namespaces, *trigger) })
	case "check":
		return s.check()
	}
	return fmt.Errorf("%s: create, change or check?", flag.Arg(0))
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
