// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var errNoBackup = errors.New("no backup found")

// storage makes a client for each discovery: endpoint, region and credentials are the object's own. All share one HTTP client and its connections.
func storage(spec S3, secret *corev1.Secret, httpClient aws.HTTPClient) (*s3.Client, Storage) {
	used := Storage{Endpoint: spec.Endpoint, Region: spec.Region, AddressingStyle: "VirtualHosted", CredentialSource: "Secret"}
	if used.Region == "" {
		used.Region = "us-east-1"
	}
	if spec.AddressingStyle == "Path" || (spec.AddressingStyle != "VirtualHosted" && (spec.Endpoint != "" || strings.Contains(spec.Bucket, "."))) {
		used.AddressingStyle = "Path"
	}
	keys := credentials.NewStaticCredentialsProvider(string(secret.Data["access-key-id"]), string(secret.Data["secret-access-key"]), string(secret.Data["session-token"]))
	client := s3.New(s3.Options{HTTPClient: httpClient, Region: used.Region, Credentials: keys, UsePathStyle: used.AddressingStyle == "Path"}, func(o *s3.Options) {
		if spec.Endpoint != "" {
			o.BaseEndpoint = aws.String(spec.Endpoint)
		}
	})
	return client, used
}

// discover lists the prefix and keeps the newest dump-*.rdb and every appendonly-*.aof, which may be its pair.
func discover(ctx context.Context, client *s3.Client, bucket, prefix string) (*Backup, *Discovery, error) {
	started := time.Now()
	found := &Discovery{}
	var newest *types.Object
	aofs := map[string]types.Object{}
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: aws.String(bucket), Prefix: aws.String(prefix)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, nil, err
		}
		found.Pages++
		found.Objects += int64(len(page.Contents))
		for i := range page.Contents {
			object := &page.Contents[i]
			id, name, ok := strings.Cut(strings.TrimPrefix(*object.Key, prefix), "/")
			switch {
			case ok && strings.HasPrefix(name, "dump-") && strings.HasSuffix(name, ".rdb"):
				found.RDBFiles++
				if newest == nil || object.LastModified.After(*newest.LastModified) {
					newest = object
				}
			case ok && strings.HasPrefix(name, "appendonly-") && strings.HasSuffix(name, ".aof"):
				found.AOFFiles++
				aofs[id+"/"+strings.TrimSuffix(strings.TrimPrefix(name, "appendonly-"), ".aof")] = *object
			default:
				found.Ignored++
			}
		}
	}
	found.DurationMilliseconds = time.Since(started).Milliseconds()
	if newest == nil {
		return nil, found, errNoBackup
	}
	id, name, _ := strings.Cut(strings.TrimPrefix(*newest.Key, prefix), "/")
	stamp := strings.TrimSuffix(strings.TrimPrefix(name, "dump-"), ".rdb")
	backup := &Backup{ReplicationID: id, Timestamp: stamp, Pairing: "RDBOnly", RDB: describe(newest)}
	total := *newest.Size
	if aof, ok := aofs[id+"/"+stamp]; ok {
		described := describe(&aof)
		backup.Pairing, backup.AOF = "Exact", &described
		total += described.Size
	}
	backup.TotalSize = resource.NewQuantity(total, resource.BinarySI).String()
	return backup, found, nil
}

func describe(object *types.Object) Object {
	return Object{Key: *object.Key, Size: *object.Size, ETag: strings.Trim(aws.ToString(object.ETag), `"`), LastModified: metav1.NewTime(*object.LastModified)}
}
