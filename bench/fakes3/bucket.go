// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"sort"
	"strings"
)

const (
	root       = "redis-backups/"
	lastUnix   = 1769903940 // 2026-01-31T23:59:00Z, the newest time there is
	spanS      = 2 * 365 * 86400
	hourS      = 3600
	skewedHead = "3f7a"
)

// bucket knows every key by its place in S3's order and keeps only the ids: a million keys of one id take no memory.
// An id has `sessions` AOFs, then as many RDBs. Never changed once it is made.
type bucket struct {
	ids      []string // in the order of their keys, so compared with the slash that follows
	sessions int
	hasAOF   bool
	shuffled bool
	stepS    int64
	perID    int
	total    int
}

func mix(x uint64) uint64 { // splitmix64
	x += 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

func idOf(style string, number, count int) (string, error) {
	hash := mix(uint64(number) + 1)
	hex := fmt.Sprintf("%016x%016x%08x", hash, mix(hash), uint32(mix(hash+1)))
	switch style {
	case "hex":
		return hex, nil
	case "counter":
		return fmt.Sprintf("cluster-eu-%0*d", max(4, len(fmt.Sprint(count-1))), number), nil
	case "skewed":
		if number%10 != 0 {
			return skewedHead + hex[4:], nil
		}
		return hex, nil
	case "names":
		words := [...]string{"billing", "cart", "catalogue", "checkout", "inventory", "orders", "sessions", "users"}
		return fmt.Sprintf("%s-%d-%s", words[hash%8], 1+hash>>8%7, hex[16:26]), nil
	}
	return "", fmt.Errorf("there is no style %q; there are hex, counter, skewed and names", style)
}

func newBucket(ids, sessions int, style string, hasAOF, shuffled bool) (*bucket, error) {
	b := &bucket{sessions: sessions, hasAOF: hasAOF, shuffled: shuffled, stepS: min(hourS, max(1, spanS/int64(max(sessions, 1))))}
	for number := range ids {
		id, err := idOf(style, number, ids)
		if err != nil {
			return nil, err
		}
		b.ids = append(b.ids, id)
	}
	sort.Slice(b.ids, func(i, j int) bool { return b.ids[i]+"/" < b.ids[j]+"/" })
	b.perID = sessions
	if hasAOF {
		b.perID *= 2
	}
	b.total = b.perID * ids
	return b, nil
}

// at says of the key at a place: whose it is, of which session, and whether it is an AOF.
func (b *bucket) at(index int) (id string, stampUnix int64, isAOF bool) {
	which, rest := index/b.perID, index%b.perID
	isAOF = b.hasAOF && rest < b.sessions
	if b.hasAOF && !isAOF {
		rest -= b.sessions
	}
	shift := int64(mix(uint64(which)) % uint64(b.stepS))
	return b.ids[which], lastUnix - shift - int64(b.sessions-1-rest)*b.stepS, isAOF
}

func (b *bucket) appendKey(to []byte, index int) []byte {
	id, stamp, isAOF := b.at(index)
	to = append(append(append(to, root...), id...), '/')
	if isAOF {
		return append(appendStamp(append(to, "appendonly-"...), stamp), ".aof"...)
	}
	return append(appendStamp(append(to, "dump-"...), stamp), ".rdb"...)
}

func (b *bucket) modifiedUnix(index int) int64 {
	if b.shuffled {
		return lastUnix - int64(mix(uint64(index)^0x5eed)%spanS)
	}
	return lastUnix - int64(b.total-1-index)
}

// firstAfter is the place of the first key that is greater than `text`, or with `orEqual` not less.
func (b *bucket) firstAfter(text string, orEqual bool) int {
	var buffer [256]byte
	return sort.Search(b.total, func(index int) bool {
		order := strings.Compare(string(b.appendKey(buffer[:0], index)), text)
		return order > 0 || orEqual && order == 0
	})
}

// endOfFolder is the place behind the last key that has the id of the key at `index`.
func (b *bucket) endOfFolder(index int) int { return (index/b.perID + 1) * b.perID }

func appendDigits(to []byte, number, digits int) []byte {
	for place := 1000; place > 0; place /= 10 {
		if digits == 4 || place < 100 {
			to = append(to, byte('0'+number/place%10))
		}
	}
	return to
}

// civil is the proleptic Gregorian date of a day since 1970-01-01; package time does it three times slower.
func civil(days int64) (year, month, day int) {
	z := days + 719468
	era := z / 146097
	ofEra := z - era*146097
	yearOfEra := (ofEra - ofEra/1460 + ofEra/36524 - ofEra/146096) / 365
	ofYear := ofEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	shifted := (5*ofYear + 2) / 153
	day = int(ofYear - (153*shifted+2)/5 + 1)
	month = int(shifted) + 3
	year = int(yearOfEra + era*400)
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}

func appendStamp(to []byte, unix int64) []byte { // 20260131-235900
	year, month, day := civil(unix / 86400)
	second := int(unix % 86400)
	to = appendDigits(appendDigits(appendDigits(to, year, 4), month, 2), day, 2)
	to = append(to, '-')
	return appendDigits(appendDigits(appendDigits(to, second/3600, 2), second/60%60, 2), second%60, 2)
}

func appendTime(to []byte, unix int64) []byte { // 2026-01-31T23:59:00.000Z
	year, month, day := civil(unix / 86400)
	second := int(unix % 86400)
	to = append(appendDigits(to, year, 4), '-')
	to = append(appendDigits(to, month, 2), '-')
	to = append(appendDigits(to, day, 2), 'T')
	to = append(appendDigits(to, second/3600, 2), ':')
	to = append(appendDigits(to, second/60%60, 2), ':')
	return append(appendDigits(to, second%60, 2), ".000Z"...)
}
