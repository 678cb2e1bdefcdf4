// fakes3 answers ListObjectsV2 for a bucket that does not exist, so that a benchmark measures its clients and not a store.
//
//	fakes3 -ids 100 -sessions 500 -latency 50ms
//
// Every id has `sessions` pairs (an AOF and an RDB). Keys come in S3's order; start-after, continuation-token, prefix, max-keys and encoding-type=url are
// honoured; any bucket name and any signature is accepted. The newest object is the RDB of the middle id's last session. Prints its port first.
// It keeps all keys in memory in order and renders a page for each request.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

type bucket struct {
	keys    []string
	newest  string
	latency time.Duration
	count   atomic.Int64
}

func newBucket(ids, sessions int, style string) *bucket {
	b := &bucket{}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range ids {
		id := fmt.Sprintf("%040x", uint64(i)*0x9E3779B97F4A7C15)
		if style == "counter" {
			id = fmt.Sprintf("cluster-prod-eu-west-1-redis-%011d", i)
		}
		for s := range sessions {
			stamp := start.Add(time.Duration(s) * time.Hour).Format("20060102-150405")
			b.keys = append(b.keys, "redis-backups/"+id+"/appendonly-"+stamp+".aof", "redis-backups/"+id+"/dump-"+stamp+".rdb")
			if i == ids/2 && s == sessions-1 {
				b.newest = "redis-backups/" + id + "/dump-" + stamp + ".rdb"
			}
		}
	}
	sort.Strings(b.keys)
	return b
}

func (b *bucket) list(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/-/requests" {
		fmt.Fprintln(w, b.count.Swap(0))
		return
	}
	b.count.Add(1)
	time.Sleep(b.latency)
	query := r.URL.Query()
	maxKeys, err := strconv.Atoi(query.Get("max-keys"))
	if err != nil || maxKeys > 1000 {
		maxKeys = 1000
	}
	prefix := query.Get("prefix")
	after := query.Get("start-after")
	if token := query.Get("continuation-token"); token != "" {
		after = token
	}
	from := sort.SearchStrings(b.keys, prefix)
	if after >= prefix && after != "" {
		from = max(from, sort.Search(len(b.keys), func(i int) bool { return b.keys[i] > after }))
	}
	to := from
	for to < len(b.keys) && to-from < maxKeys && strings.HasPrefix(b.keys[to], prefix) {
		to++
	}
	truncated := to < len(b.keys) && to > from && strings.HasPrefix(b.keys[to], prefix)

	w.Header().Set("Content-Type", "application/xml")
	out := bufio.NewWriterSize(w, 64<<10)
	defer out.Flush()
	encoded := query.Get("encoding-type") == "url"
	show := func(text string) string {
		if encoded {
			return url.QueryEscape(text)
		}
		return text
	}
	fmt.Fprintf(out, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+`<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bench</Name><Prefix>%s</Prefix><MaxKeys>%d</MaxKeys><KeyCount>%d</KeyCount><IsTruncated>%t</IsTruncated>`,
		show(prefix), maxKeys, to-from, truncated)
	if encoded {
		out.WriteString("<EncodingType>url</EncodingType>")
	}
	if truncated {
		fmt.Fprintf(out, "<NextContinuationToken>%s</NextContinuationToken>", b.keys[to-1])
	}
	for _, key := range b.keys[from:to] {
		modified := "2026-02-01T00:00:00.000Z"
		if key == b.newest {
			modified = "2026-03-01T00:00:00.000Z"
		}
		out.WriteString("<Contents><Key>")
		out.WriteString(show(key))
		out.WriteString("</Key><LastModified>")
		out.WriteString(modified)
		out.WriteString(`</LastModified><ETag>&quot;9b2cf535f27731c974343645a3985328&quot;</ETag><Size>1048576</Size><StorageClass>STANDARD</StorageClass></Contents>`)
	}
	out.WriteString("</ListBucketResult>")
}

func main() {
	ids := flag.Int("ids", 10, "replication IDs")
	sessions := flag.Int("sessions", 50, "pairs of each")
	style := flag.String("style", "hex", "hex or counter")
	latency := flag.Duration("latency", 0, "added to every answer")
	flag.Parse()
	b := newBucket(*ids, *sessions, *style)
	b.latency = *latency
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	_ = http.Serve(listener, http.HandlerFunc(b.list))
}
