// SPDX-License-Identifier: Apache-2.0

// minio_list finds the newest RDB with minio-go's ListObjects, keeping nothing but the best so far.
//
// Environment: S3_BUCKET, AWS_REGION, AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY; SSL_CERT_FILE for https.
package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

func run(ctx context.Context) error {
	endpoint, err := url.Parse(os.Getenv("AWS_ENDPOINT_URL"))
	if err != nil {
		return err
	}
	client, err := minio.New(endpoint.Host, &minio.Options{
		Creds:  credentials.NewStaticV4(os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), ""),
		Secure: endpoint.Scheme == "https", Region: os.Getenv("AWS_REGION"), BucketLookup: minio.BucketLookupPath,
	})
	if err != nil {
		return err
	}
	count, best := 0, minio.ObjectInfo{}
	for object := range client.ListObjects(ctx, os.Getenv("S3_BUCKET"), minio.ListObjectsOptions{Prefix: "redis-backups/", Recursive: true}) {
		if object.Err != nil {
			return object.Err
		}
		count++
		if strings.HasSuffix(object.Key, ".rdb") && object.LastModified.After(best.LastModified) {
			best = object
		}
	}
	fmt.Println(best.Key, count)
	return nil
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
