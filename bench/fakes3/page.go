// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

const (
	pageMax = 1000
	keyMax  = 1024
	// Room in front of the keys for what is said before them: a prefix and a delimiter of 1024 bytes each, encoded, and 2 KiB.
	headRoom = 8 << 10
	tail     = `</LastModified><ETag>&quot;9b2cf535f27731c974343645a3985328&quot;</ETag><Size>1048576</Size><StorageClass>STANDARD</StorageClass></Contents>`
)

// question is a listing as it was asked for.
type question struct {
	prefix, delimiter string
	after             string // start-after or marker
	from              int    // place of the first key
	maxKeys           int
	encoded, isV1     bool
}

// parseQuestion reads a query of ListObjectsV2, or of ListObjects when list-type is not 2. A continuation token is a place.
func (b *bucket) parseQuestion(query url.Values) question {
	q := question{prefix: query.Get("prefix"), delimiter: query.Get("delimiter"), maxKeys: pageMax, encoded: query.Get("encoding-type") == "url", isV1: query.Get("list-type") != "2"}
	if wanted, err := strconv.Atoi(query.Get("max-keys")); err == nil && wanted >= 0 && wanted < pageMax {
		q.maxKeys = wanted
	}
	q.from = b.firstAfter(q.prefix, true)
	after := query.Get("start-after")
	if q.isV1 {
		after = query.Get("marker")
	}
	q.after = after
	if place, err := strconv.Atoi(strings.TrimPrefix(query.Get("continuation-token"), "place-")); err == nil && !q.isV1 {
		q.from = max(q.from, place)
	} else if after > q.prefix {
		q.from = max(q.from, b.firstAfter(after, false))
		if q.isV1 && q.delimiter != "" && strings.HasSuffix(after, q.delimiter) && q.from < b.total && strings.HasPrefix(string(b.appendKey(nil, q.from)), after) {
			q.from = b.endOfFolder(q.from) // a marker that is a common prefix stands for all that it holds
		}
	}
	return q
}

// Escapes as S3 does: a slash and a star stay.
func (q *question) escape(text string) string {
	if !q.encoded {
		return text
	}
	return strings.NewReplacer("%2F", "/", "%2A", "*", "~", "%7E").Replace(url.QueryEscape(text))
}

// page writes the listing into `buffer`, which it may replace, and returns it. What S3 says before the keys is known after them, so it is put in front.
// Keys have only characters that need no escape of any kind, so they are copied.
func (b *bucket) page(buffer *[]byte, q question) []byte {
	to := append((*buffer)[:0], make([]byte, headRoom)...)
	index, count, last := q.from, 0, ""
	for count < q.maxKeys && index < b.total {
		start := len(to)
		to = b.appendKey(append(to, "<Contents><Key>"...), index)
		key := to[start+len("<Contents><Key>"):]
		if len(key) < len(q.prefix) || string(key[:len(q.prefix)]) != q.prefix {
			to = to[:start]
			break
		}
		count++
		if q.delimiter != "" {
			if at := strings.Index(string(key[len(q.prefix):]), q.delimiter); at >= 0 {
				last = string(key[:len(q.prefix)+at+len(q.delimiter)])
				to = append(append(append(to[:start], "<CommonPrefixes><Prefix>"...), last...), "</Prefix></CommonPrefixes>"...)
				index = b.behind(last, index)
				continue
			}
		}
		last = ""
		to = append(appendTime(append(to, "</Key><LastModified>"...), b.modifiedUnix(index)), tail...)
		index++
	}
	to = append(to, "</ListBucketResult>"...)
	*buffer = to
	front := b.head(q, index, count, last)
	return to[headRoom-copy(to[headRoom-len(front):], front):]
}

// behind is the place of the first key that does not begin with `prefix`, which the key at `index` does.
func (b *bucket) behind(prefix string, index int) int {
	if strings.Count(prefix, "/") == 2 && strings.HasSuffix(prefix, "/") {
		return b.endOfFolder(index)
	}
	return b.firstAfter(prefix+"\xff", false)
}

// head is all that comes before the first key of a page that ends before `index`; `last` is its last common prefix if nothing came after that.
func (b *bucket) head(q question, index, count int, last string) string {
	isTruncated := q.maxKeys > 0 && index < b.total && strings.HasPrefix(string(b.appendKey(nil, index)), q.prefix)
	more := ""
	if !q.isV1 {
		if isTruncated {
			more = fmt.Sprintf("<NextContinuationToken>place-%d</NextContinuationToken>", index)
		}
		more += fmt.Sprintf("<KeyCount>%d</KeyCount>", count)
		return b.headOf(q, more, isTruncated)
	}
	more = "<Marker>" + q.escape(q.after) + "</Marker>"
	if isTruncated && q.delimiter != "" { // S3 names a marker only then; without a delimiter it is the last key
		if last == "" {
			last = string(b.appendKey(nil, index-1))
		}
		more += "<NextMarker>" + q.escape(last) + "</NextMarker>"
	}
	return b.headOf(q, more, isTruncated)
}

func (b *bucket) headOf(q question, more string, isTruncated bool) string {
	encoding, delimiter := "", ""
	if q.encoded {
		encoding = "<EncodingType>url</EncodingType>"
	}
	if q.delimiter != "" {
		delimiter = "<Delimiter>" + q.escape(q.delimiter) + "</Delimiter>"
	}
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>`+"\n"+`<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bench</Name><Prefix>%s</Prefix>%s<MaxKeys>%d</MaxKeys>%s%s<IsTruncated>%t</IsTruncated>`,
		q.escape(q.prefix), more, q.maxKeys, delimiter, encoding, isTruncated)
}
