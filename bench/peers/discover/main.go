// SPDX-License-Identifier: Apache-2.0

// discover is the peer that `redisrestore discover` is measured against: it finds the newest RDB and its AOF as the predecessor's init container did,
// with aws-sdk-go-v2's ListObjectsV2 paginator, keeping every object of the prefix and sorting at the end.
//
// Environment: S3_BUCKET, AWS_REGION, AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY.
package main

import (
	"context"
	"fmt"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const prefix = "redis-backups/"

type object struct {
	key          string
	size         int64
	lastModified time.Time
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	keys := credentials.NewStaticCredentialsProvider(os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), "")
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(os.Getenv("AWS_REGION")), config.WithCredentialsProvider(keys))
	if err != nil {
		return err
	}
	client := s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.BaseEndpoint = aws.String(os.Getenv("AWS_ENDPOINT_URL"))
		o.UsePathStyle = true
	})

	var objects []object
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: aws.String(os.Getenv("S3_BUCKET")), Prefix: aws.String(prefix)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, o := range page.Contents {
			objects = append(objects, object{*o.Key, *o.Size, *o.LastModified})
		}
	}

	var rdbs []object
	aofs := map[string]object{}
	for _, o := range objects {
		parts := strings.Split(o.key, "/")
		if len(parts) != 3 {
			continue
		}
		if name, ok := strings.CutSuffix(parts[2], ".rdb"); ok && strings.HasPrefix(name, "dump-") {
			rdbs = append(rdbs, o)
		} else if name, ok := strings.CutSuffix(parts[2], ".aof"); ok && strings.HasPrefix(name, "appendonly-") {
			aofs[parts[1]+"/"+strings.TrimPrefix(name, "appendonly-")] = o
		}
	}
	if len(rdbs) == 0 {
		fmt.Println("no backup")
		return nil
	}
	sort.Slice(rdbs, func(i, j int) bool { return rdbs[i].lastModified.After(rdbs[j].lastModified) })
	best := rdbs[0]
	parts := strings.Split(best.key, "/")
	stamp := strings.TrimSuffix(strings.TrimPrefix(parts[2], "dump-"), ".rdb")
	fmt.Println(best.key, aofs[parts[1]+"/"+stamp].key, len(objects))
	return nil
}
