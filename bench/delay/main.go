// SPDX-License-Identifier: Apache-2.0

// delay forwards TCP connections to a server and delivers each byte late, as a network with that round trip does. The rate is not limited.
//
//	delay -to 127.0.0.1:9000 -round-trip 20ms     prints its port
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"time"
)

type piece struct {
	data []byte
	due  time.Time
}

// forward copies from one connection to the other; a piece of data waits for half of the round trip.
func forward(to, from *net.TCPConn, wait time.Duration) {
	pieces := make(chan piece, 4096)
	go func() {
		defer close(pieces)
		for {
			buffer := make([]byte, 128<<10)
			count, err := from.Read(buffer)
			if count > 0 {
				pieces <- piece{buffer[:count], time.Now().Add(wait)}
			}
			if err != nil {
				return
			}
		}
	}()
	for next := range pieces {
		time.Sleep(time.Until(next.due))
		if _, err := to.Write(next.data); err != nil {
			from.CloseRead()
			io.Copy(io.Discard, from)
			break
		}
	}
	to.CloseWrite()
}

func main() {
	to := flag.String("to", "", "address of the server")
	roundTrip := flag.Duration("round-trip", 0, "time that is added to each round trip")
	flag.Parse()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	for {
		client, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		server, err := net.Dial("tcp", *to)
		if err != nil {
			client.Close()
			continue
		}
		go forward(server.(*net.TCPConn), client.(*net.TCPConn), *roundTrip/2)
		go forward(client.(*net.TCPConn), server.(*net.TCPConn), *roundTrip/2)
	}
}
