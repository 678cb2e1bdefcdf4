// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/record"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

const (
	fieldOwner     = "redisrestore-controller-runtime"
	defaultTimeout = 2 * time.Minute
	defaultPrefix  = "redis-backups/"
)

// +kubebuilder:rbac:groups=redisrestore.dev,resources=redisrestores,verbs=get;list;watch
// +kubebuilder:rbac:groups=redisrestore.dev,resources=redisrestores/status,verbs=get;patch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get
// +kubebuilder:rbac:groups="",resources=events,verbs=create;patch
// +kubebuilder:object:generate=false
type Reconciler struct {
	client.Client
	Events record.EventRecorder
	HTTP   aws.HTTPClient
}

func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var restore RedisRestore
	if err := r.Get(ctx, request.NamespacedName, &restore); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if restore.Status.ObservedGeneration == restore.Generation || restore.Spec.Suspend || !restore.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil
	}
	status := restore.Status.DeepCopy()
	failed := r.fill(ctx, &restore, status)
	if err := r.write(ctx, &restore, status); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	ready := meta.FindStatusCondition(status.Conditions, "Ready")
	kind := corev1.EventTypeNormal
	if ready.Status != metav1.ConditionTrue {
		kind = corev1.EventTypeWarning
	}
	if before := meta.FindStatusCondition(restore.Status.Conditions, "Ready"); before == nil || before.Reason != ready.Reason {
		r.Events.Event(&restore, kind, ready.Reason, ready.Message)
	}
	log.FromContext(ctx).Info("discovery ended", "reason", ready.Reason, "generation", restore.Generation)
	return ctrl.Result{}, failed
}

// fill runs the discovery and turns its answer into a status. The error is what must be tried again.
func (r *Reconciler) fill(ctx context.Context, restore *RedisRestore, status *Status) error {
	status.ObservedGeneration = restore.Generation
	status.Backup, status.Discovery, status.LastHandledTrigger = nil, nil, restore.Spec.Trigger
	var secret corev1.Secret
	name := restore.Spec.Source.S3.Credentials.SecretRef.Name
	if err := r.Get(ctx, client.ObjectKey{Namespace: restore.Namespace, Name: name}, &secret); err != nil {
		if !apierrors.IsNotFound(err) {
			return err
		}
		say(status, "Failed", "SecretNotFound", fmt.Sprintf("Secret %s does not exist in namespace %s", name, restore.Namespace), metav1.ConditionFalse)
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout(restore.Spec.DiscoveryTimeout))
	defer cancel()
	client, used := storage(restore.Spec.Source.S3, &secret, r.HTTP)
	prefix := restore.Spec.Source.S3.Prefix
	if prefix == "" {
		prefix = defaultPrefix
	}
	backup, numbers, err := discover(ctx, client, restore.Spec.Source.S3.Bucket, prefix)
	status.Storage = &used
	if err != nil && !errors.Is(err, errNoBackup) {
		say(status, "Failed", "StorageUnreachable", "the bucket cannot be listed: "+err.Error(), metav1.ConditionFalse)
		return err
	}
	now := metav1.Now()
	status.LastDiscoveryTime, status.Discovery, status.Backup = &now, numbers, backup
	if backup == nil {
		say(status, "NoBackupFound", "NoBackupFound", "no backup in the prefix", metav1.ConditionFalse)
		return nil
	}
	say(status, "Discovered", "BackupDiscovered", fmt.Sprintf("%s (%s), of %d objects", backup.RDB.Key, backup.TotalSize, numbers.Objects), metav1.ConditionTrue)
	return nil
}

func timeout(text string) time.Duration {
	if parsed, err := time.ParseDuration(text); err == nil && parsed > 0 {
		return parsed
	}
	return defaultTimeout
}

func say(status *Status, phase, reason, message string, ready metav1.ConditionStatus) {
	status.Phase, status.Message = phase, message
	set := func(kind string, value metav1.ConditionStatus, reason string) {
		meta.SetStatusCondition(&status.Conditions, metav1.Condition{Type: kind, Status: value, Reason: reason, Message: message, ObservedGeneration: status.ObservedGeneration})
	}
	set("Ready", ready, reason)
	set("StorageReachable", reachable(status), reason)
	if status.Discovery == nil {
		meta.RemoveStatusCondition(&status.Conditions, "BackupDiscovered")
		meta.RemoveStatusCondition(&status.Conditions, "Paired")
		return
	}
	set("BackupDiscovered", ready, reason)
	if status.Backup != nil && status.Backup.Pairing == "Exact" {
		set("Paired", metav1.ConditionTrue, "Exact")
	} else {
		set("Paired", metav1.ConditionFalse, "AOFNotFound")
	}
}

func reachable(status *Status) metav1.ConditionStatus {
	if status.Discovery == nil {
		return metav1.ConditionFalse
	}
	return metav1.ConditionTrue
}

// write applies the status on the version that was answered, so that a stale answer meets a conflict.
func (r *Reconciler) write(ctx context.Context, restore *RedisRestore, status *Status) error {
	applied := &RedisRestore{
		TypeMeta:   metav1.TypeMeta{APIVersion: groupVersion.String(), Kind: "RedisRestore"},
		ObjectMeta: metav1.ObjectMeta{Name: restore.Name, Namespace: restore.Namespace, UID: restore.UID, ResourceVersion: restore.ResourceVersion},
		Status:     *status,
	}
	return r.Status().Patch(ctx, applied, client.Apply, client.FieldOwner(fieldOwner), client.ForceOwnership)
}
