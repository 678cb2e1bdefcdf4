// Command alerts runs alerting rules of Prometheus against series that a file gives, by Prometheus' own parser, engine and rules.
//
//	alerts RULES CASES
//
// RULES is a file of rules; CASES a file of the form that `promtool test rules` reads, of which this knows promql_expr_test without
// histograms. promtool itself links the clients of every cloud and takes many minutes to build. Says what differs; exit code 1 then.
package main

import (
	"context"
	"fmt"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/rules"
	"gopkg.in/yaml.v2"
)

type cases struct {
	EvaluationInterval model.Duration `yaml:"evaluation_interval"`
	Tests              []group        `yaml:"tests"`
}

type group struct {
	Name        string         `yaml:"name"`
	Interval    model.Duration `yaml:"interval"`
	InputSeries []struct {
		Series string `yaml:"series"`
		Values string `yaml:"values"`
	} `yaml:"input_series"`
	ExprTests []exprTest `yaml:"promql_expr_test"`
}

type exprTest struct {
	Expr       string         `yaml:"expr"`
	EvalTime   model.Duration `yaml:"eval_time"`
	ExpSamples []struct {
		Labels string  `yaml:"labels"`
		Value  float64 `yaml:"value"`
	} `yaml:"exp_samples"`
}

func (g group) load() string {
	var text strings.Builder
	fmt.Fprintf(&text, "load %v\n", g.Interval)
	for _, series := range g.InputSeries {
		fmt.Fprintf(&text, "  %s %s\n", series.Series, series.Values)
	}
	return text.String()
}

func (test exprTest) run(suite *promqltest.LazyLoader) error {
	at := time.Unix(0, 0).UTC().Add(time.Duration(test.EvalTime))
	found, err := rules.EngineQueryFunc(suite.QueryEngine(), suite.Queryable())(suite.Context(), test.Expr, at)
	if err != nil {
		return err
	}
	got, wanted := []string{}, []string{}
	for _, sample := range found {
		got = append(got, fmt.Sprintf("%s %g", sample.Metric, sample.F))
	}
	for _, sample := range test.ExpSamples {
		metric, err := parser.ParseMetric(sample.Labels)
		if err != nil {
			return err
		}
		wanted = append(wanted, fmt.Sprintf("%s %g", metric, sample.Value))
	}
	sort.Strings(got)
	sort.Strings(wanted)
	if strings.Join(got, "\n") != strings.Join(wanted, "\n") {
		return fmt.Errorf("%s at %v is\n  %s\nnot\n  %s", test.Expr, test.EvalTime, strings.Join(got, "\n  "), strings.Join(wanted, "\n  "))
	}
	return nil
}

func (g group) run(path string, interval time.Duration) error {
	suite, err := promqltest.NewLazyLoader(g.load(), promqltest.LazyLoaderOpts{})
	if err != nil {
		return err
	}
	defer suite.Close()
	suite.SubqueryInterval = interval
	manager := rules.NewManager(&rules.ManagerOptions{
		QueryFunc:  rules.EngineQueryFunc(suite.QueryEngine(), suite.Storage()),
		Appendable: suite.Storage(),
		Context:    context.Background(),
		NotifyFunc: func(context.Context, string, ...*rules.Alert) {},
		Logger:     promslog.NewNopLogger(),
	})
	loaded, errs := manager.LoadGroups(interval, labels.EmptyLabels(), "", nil, false, path)
	if len(errs) > 0 {
		return errs[0]
	}
	if len(loaded) == 0 {
		return fmt.Errorf("%s has no rules", path)
	}
	for _, rulesOfGroup := range loaded {
		for _, rule := range rulesOfGroup.Rules() {
			if alert, ok := rule.(*rules.AlertingRule); ok {
				alert.SetRestored(true) // else there is no series ALERTS
			}
		}
	}
	var last model.Duration
	for _, test := range g.ExprTests {
		last = max(last, test.EvalTime)
	}
	for at := time.Duration(0); at <= time.Duration(last); at += interval {
		moment := time.Unix(0, 0).UTC().Add(at)
		suite.WithSamplesTill(moment, func(failed error) { err = failed })
		if err != nil {
			return err
		}
		for _, rulesOfGroup := range loaded {
			rulesOfGroup.Eval(suite.Context(), moment)
			for _, rule := range rulesOfGroup.Rules() {
				if rule.LastError() != nil {
					return fmt.Errorf("%s at %v: %w", rule.Name(), at, rule.LastError())
				}
			}
		}
	}
	for _, test := range g.ExprTests {
		if err := test.run(suite); err != nil {
			return err
		}
	}
	return nil
}

func read(path string) (cases, error) {
	var all cases
	text, err := os.ReadFile(path)
	if err != nil {
		return all, err
	}
	if err := yaml.UnmarshalStrict(text, &all); err != nil {
		return all, err
	}
	if all.EvaluationInterval == 0 || len(all.Tests) == 0 {
		return all, fmt.Errorf("%s: no evaluation_interval, or no tests", path)
	}
	return all, nil
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: alerts RULES CASES")
		os.Exit(2)
	}
	all, err := read(os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	failed := 0
	for _, test := range all.Tests {
		if err := test.run(os.Args[1], time.Duration(all.EvaluationInterval)); err != nil {
			fmt.Printf("%s: %v\n", test.Name, err)
			failed++
		}
	}
	fmt.Printf("%d passed, %d failed\n", len(all.Tests)-failed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}
