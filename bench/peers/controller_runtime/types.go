// SPDX-License-Identifier: Apache-2.0

// +kubebuilder:object:generate=true
package main

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var groupVersion = schema.GroupVersion{Group: "redisrestore.dev", Version: "v1alpha1"}

func addToScheme(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(groupVersion, &RedisRestore{}, &RedisRestoreList{})
	metav1.AddToGroupVersion(scheme, groupVersion)
	return nil
}

// +kubebuilder:object:root=true
type RedisRestore struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              Spec   `json:"spec,omitzero"`
	Status            Status `json:"status,omitzero"`
}

// +kubebuilder:object:root=true
type RedisRestoreList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []RedisRestore `json:"items"`
}

type Spec struct {
	Suspend          bool      `json:"suspend,omitempty"`
	Trigger          string    `json:"trigger,omitempty"`
	Interval         string    `json:"interval,omitempty"`
	DiscoveryTimeout string    `json:"discoveryTimeout,omitempty"`
	Source           Source    `json:"source"`
	Selection        Selection `json:"selection,omitzero"`
}

type Source struct {
	S3 S3 `json:"s3"`
}

type S3 struct {
	Bucket          string      `json:"bucket"`
	Prefix          string      `json:"prefix,omitempty"`
	Region          string      `json:"region,omitempty"`
	Endpoint        string      `json:"endpoint,omitempty"`
	AddressingStyle string      `json:"addressingStyle,omitempty"`
	Credentials     Credentials `json:"credentials"`
}

type Credentials struct {
	SecretRef SecretRef `json:"secretRef"`
}

type SecretRef struct {
	Name string `json:"name"`
}

type Selection struct {
	ReplicationID string `json:"replicationID,omitempty"`
	OrderBy       string `json:"orderBy,omitempty"`
	OnMissingAOF  string `json:"onMissingAOF,omitempty"`
	OnNoBackup    string `json:"onNoBackup,omitempty"`
}

type Status struct {
	ObservedGeneration int64              `json:"observedGeneration,omitempty"`
	Phase              string             `json:"phase,omitempty"`
	Message            string             `json:"message,omitempty"`
	LastHandledTrigger string             `json:"lastHandledTrigger,omitempty"`
	LastDiscoveryTime  *metav1.Time       `json:"lastDiscoveryTime,omitempty"`
	Backup             *Backup            `json:"backup,omitempty"`
	Discovery          *Discovery         `json:"discovery,omitempty"`
	Storage            *Storage           `json:"storage,omitempty"`
	Conditions         []metav1.Condition `json:"conditions,omitempty"`
}

type Backup struct {
	ReplicationID string  `json:"replicationID"`
	Timestamp     string  `json:"timestamp"`
	Pairing       string  `json:"pairing"`
	TotalSize     string  `json:"totalSize"`
	RDB           Object  `json:"rdb"`
	AOF           *Object `json:"aof,omitempty"`
}

type Object struct {
	Key          string      `json:"key"`
	Size         int64       `json:"size"`
	ETag         string      `json:"etag,omitempty"`
	LastModified metav1.Time `json:"lastModified"`
}

type Discovery struct {
	Pages                int64 `json:"pages"`
	Objects              int64 `json:"objects"`
	RDBFiles             int64 `json:"rdbFiles"`
	AOFFiles             int64 `json:"aofFiles"`
	Ignored              int64 `json:"ignored"`
	DurationMilliseconds int64 `json:"durationMilliseconds"`
}

type Storage struct {
	Endpoint         string `json:"endpoint"`
	Region           string `json:"region"`
	AddressingStyle  string `json:"addressingStyle"`
	CredentialSource string `json:"credentialSource"`
}
