// SPDX-License-Identifier: Apache-2.0

package main

// answer is what a listing of the whole bucket must come to.
type answer struct {
	RDB          string `json:"rdb"`
	AOF          string `json:"aof,omitempty"`
	LastModified string `json:"lastModified"`
}

type truth struct {
	Objects      int    `json:"objects"`
	LastModified answer `json:"LastModified"` // by modification time, then the time in the name, then the key
	Timestamp    answer `json:"Timestamp"`    // by the time in the name, then modification time, then the key
}

func (b *bucket) truth() truth {
	newest, latest := -1, -1
	for index := range b.total {
		_, stamp, isAOF := b.at(index)
		if isAOF {
			continue
		}
		// Later keys are larger, so an equal pair of times is a win.
		if newest < 0 || !b.isBefore(b.modifiedUnix(index), stamp, b.modifiedUnix(newest), b.stampUnix(newest)) {
			newest = index
		}
		if latest < 0 || !b.isBefore(stamp, b.modifiedUnix(index), b.stampUnix(latest), b.modifiedUnix(latest)) {
			latest = index
		}
	}
	return truth{Objects: b.total, LastModified: b.answer(newest), Timestamp: b.answer(latest)}
}

func (b *bucket) isBefore(first, second, otherFirst, otherSecond int64) bool {
	return first < otherFirst || first == otherFirst && second < otherSecond
}

func (b *bucket) stampUnix(index int) int64 {
	_, stamp, _ := b.at(index)
	return stamp
}

func (b *bucket) answer(index int) answer {
	if index < 0 {
		return answer{}
	}
	found := answer{RDB: string(b.appendKey(nil, index)), LastModified: string(appendTime(nil, b.modifiedUnix(index)))}
	if b.hasAOF {
		found.AOF = string(b.appendKey(nil, index-b.sessions))
	}
	return found
}
