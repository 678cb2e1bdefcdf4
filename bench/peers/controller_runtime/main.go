// SPDX-License-Identifier: Apache-2.0

// controller_runtime is the peer that `redisrestore controller` is measured against: an operator as a Go team would write it, with controller-runtime and
// aws-sdk-go-v2, that does the same job on the same custom resource. For each RedisRestore whose generation is not answered yet it reads the Secret, lists
// the bucket, takes the newest RDB and its AOF, writes the status by server-side apply and tells the change in an Event.
package main

import (
	"context"
	"errors"
	"flag"
	"net/http"
	"os"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

// +kubebuilder:object:generate=false
type options struct {
	namespace, metricsAddress, healthAddress, electionNamespace, electionID string
	elect, priorityQueue                                                    bool
	workers                                                                 int
}

func main() {
	var o options
	flag.StringVar(&o.namespace, "namespace", "", "watch only this one")
	flag.StringVar(&o.metricsAddress, "metrics-bind-address", ":8080", "")
	flag.StringVar(&o.healthAddress, "health-probe-bind-address", ":8081", "")
	flag.BoolVar(&o.elect, "leader-elect", false, "")
	flag.StringVar(&o.electionNamespace, "leader-elect-namespace", "default", "")
	flag.StringVar(&o.electionID, "leader-elect-id", "peer.redisrestore.dev", "")
	flag.BoolVar(&o.priorityQueue, "priority-queue", true, "objects of the first list wait behind those that change; controller-runtime's default from 0.23 on")
	flag.IntVar(&o.workers, "workers", 4, "")
	flag.Parse()
	ctrl.SetLogger(zap.New())
	if err := run(o); err != nil {
		ctrl.Log.Error(err, "cannot run")
		os.Exit(1)
	}
}

func run(o options) error {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(addToScheme(scheme))
	watched := cache.Options{}
	if o.namespace != "" {
		watched.DefaultNamespaces = map[string]cache.Config{o.namespace: {}}
	}
	mgr, err := ctrl.NewManager(ctrl.GetConfigOrDie(), ctrl.Options{
		Scheme:                  scheme,
		Cache:                   watched,
		Metrics:                 metricsserver.Options{BindAddress: o.metricsAddress},
		HealthProbeBindAddress:  o.healthAddress,
		LeaderElection:          o.elect,
		LeaderElectionNamespace: o.electionNamespace,
		LeaderElectionID:        o.electionID,
		Controller:              config.Controller{MaxConcurrentReconciles: o.workers, UsePriorityQueue: &o.priorityQueue},
		// The role allows "get" on Secrets only, so there is no informer for them.
		Client: client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}}}},
	})
	if err != nil {
		return err
	}
	if err := mgr.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return err
	}
	if err := mgr.AddReadyzCheck("synced", func(request *http.Request) error { return synced(request.Context(), mgr) }); err != nil {
		return err
	}
	reconciler := &Reconciler{Client: mgr.GetClient(), Events: mgr.GetEventRecorderFor("redisrestore"), HTTP: awshttp.NewBuildableClient()}
	if err := ctrl.NewControllerManagedBy(mgr).For(&RedisRestore{}).Complete(reconciler); err != nil {
		return err
	}
	return mgr.Start(ctrl.SetupSignalHandler())
}

func synced(ctx context.Context, mgr ctrl.Manager) error {
	ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	informer, err := mgr.GetCache().GetInformer(ctx, &RedisRestore{})
	if err != nil {
		return err
	}
	if !informer.HasSynced() {
		return errors.New("the cache is being filled")
	}
	return nil
}
