// SPDX-License-Identifier: Apache-2.0

// fakes3 answers ListObjectsV2 for a bucket that does not exist, so that a benchmark measures its clients and not a store.
//
//	fakes3 -ids 1000 -sessions 500 -style counter -modified shuffled -latency 50ms -tls DIR
//
// Every id has `sessions` pairs of an AOF and an RDB (-aof=false: RDBs alone). Keys come in S3's order, computed as they are asked for; prefix, delimiter,
// start-after, continuation-token, max-keys and encoding-type=url are honoured, and marker where list-type is not 2. Any bucket name, in the path, and any
// signature is accepted. HEAD of a key, ?location and ?uploads are answered too.
//
// -style: how ids look: hex (40 digits, uniform), counter (cluster-eu-0001), skewed (nine of ten hex ids begin with the same four digits), names (words).
// -modified: whether modification times grow with the keys (key-order) or not (shuffled).
// -v1: what becomes of list-type=2: served, ignored (answered as version 1), or refused with 501.
// -tls DIR: HTTPS with TLS 1.3; the certificate is signed by DIR/ca.pem, which is written.
//
// Prints its port first. GET /-/requests: how many requests came since it was asked last. GET /-/truth: what a client must find, as JSON.
package main

import (
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

type server struct {
	bucket  *bucket
	latency time.Duration
	v1      string
	count   atomic.Int64
	truth   func() truth
	bodies  sync.Pool
}

func (s *server) refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>of fakes3</Message></Error>`, code)
}

func (s *server) list(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if query.Get("list-type") == "2" && s.v1 == "refused" {
		s.refuse(w, http.StatusNotImplemented, "NotImplemented")
		return
	}
	if s.v1 == "ignored" {
		query.Del("list-type")
	}
	if len(query.Get("prefix")) > keyMax || len(query.Get("delimiter")) > keyMax {
		s.refuse(w, http.StatusBadRequest, "InvalidArgument")
		return
	}
	buffer := s.bodies.Get().(*[]byte)
	body := s.bucket.page(buffer, s.bucket.parseQuestion(query))
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
	s.bodies.Put(buffer)
}

func (s *server) object(w http.ResponseWriter, r *http.Request, key string) {
	index := s.bucket.firstAfter(key, true)
	if index == s.bucket.total || string(s.bucket.appendKey(nil, index)) != key || r.Method != http.MethodHead {
		s.refuse(w, http.StatusNotFound, "NoSuchKey")
		return
	}
	w.Header().Set("Content-Length", "1048576")
	w.Header().Set("ETag", `"9b2cf535f27731c974343645a3985328"`)
	w.Header().Set("Last-Modified", time.Unix(s.bucket.modifiedUnix(index), 0).UTC().Format(http.TimeFormat))
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/-/requests":
		fmt.Fprintln(w, s.count.Swap(0))
		return
	case "/-/truth":
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(s.truth())
		return
	}
	s.count.Add(1)
	time.Sleep(s.latency)
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch query := r.URL.RawQuery; {
	case key != "":
		s.object(w, r, key)
	case r.Method == http.MethodHead:
	case r.Method != http.MethodGet:
		s.refuse(w, http.StatusMethodNotAllowed, "MethodNotAllowed")
	case strings.HasPrefix(query, "location"):
		fmt.Fprint(w, `<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></LocationConstraint>`)
	case strings.HasPrefix(query, "uploads"):
		fmt.Fprint(w, `<ListMultipartUploadsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>`)
	default:
		s.list(w, r)
	}
}

func run() error {
	ids := flag.Int("ids", 10, "replication IDs")
	sessions := flag.Int("sessions", 50, "pairs of each")
	style := flag.String("style", "hex", "hex, counter, skewed or names")
	modified := flag.String("modified", "key-order", "key-order or shuffled")
	hasAOF := flag.Bool("aof", true, "an AOF beside each RDB")
	latency := flag.Duration("latency", 0, "before every answer")
	v1 := flag.String("v1", "served", "list-type=2 is served, ignored or refused")
	tlsFolder := flag.String("tls", "", "HTTPS, with a ca.pem in this folder")
	flag.Parse()
	if flag.NArg() > 0 || *ids < 1 || *sessions < 1 || *modified != "key-order" && *modified != "shuffled" || *v1 != "served" && *v1 != "ignored" && *v1 != "refused" {
		flag.Usage()
		os.Exit(2)
	}
	bucket, err := newBucket(*ids, *sessions, *style, *hasAOF, *modified == "shuffled")
	if err != nil {
		return err
	}
	s := &server{bucket: bucket, latency: *latency, v1: *v1, truth: sync.OnceValue(bucket.truth)}
	s.bodies.New = func() any { body := make([]byte, 0, 512<<10); return &body }
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if *tlsFolder != "" {
		config, err := tlsConfig(*tlsFolder)
		if err != nil {
			return err
		}
		listener = tls.NewListener(listener, config)
	}
	fmt.Println(port)
	return http.Serve(listener, s)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "fakes3:", err)
		os.Exit(1)
	}
}
