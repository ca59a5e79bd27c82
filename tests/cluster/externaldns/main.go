// externaldns prints the records that external-dns would make, one line of JSON each, and makes none.
// It is its controller's one run, with its own sources and plan and no provider; its options are those of external-dns.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"sigs.k8s.io/external-dns/endpoint"
	"sigs.k8s.io/external-dns/pkg/apis/externaldns"
	"sigs.k8s.io/external-dns/plan"
	"sigs.k8s.io/external-dns/source"
	"sigs.k8s.io/external-dns/source/wrappers"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "externaldns:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string) error {
	config := externaldns.NewConfig()
	if err := config.ParseFlags(arguments); err != nil {
		return err
	}
	clients := &source.SingletonClientGenerator{KubeConfig: config.KubeConfig, RequestTimeout: config.RequestTimeout}
	named, err := source.ByNames(ctx, clients, config.Sources, source.NewSourceConfig(config))
	if err != nil {
		return err
	}
	wanted, err := wrappers.WrapSources(named, wrappers.NewConfig())
	if err != nil {
		return err
	}
	desired, err := wanted.Endpoints(ctx)
	if err != nil {
		return err
	}
	planned := (&plan.Plan{
		Policies:       []plan.Policy{plan.Policies[config.Policy]},
		Desired:        desired,
		DomainFilter:   endpoint.MatchAllDomainFilters{},
		ManagedRecords: config.ManagedDNSRecordTypes,
	}).Calculate()
	records := json.NewEncoder(os.Stdout)
	for _, record := range planned.Changes.Create {
		if err := records.Encode(record); err != nil {
			return err
		}
	}
	return nil
}
