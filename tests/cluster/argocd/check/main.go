// check looks at an Application as Argo CD does: it is read strictly, by Argo CD's own types; and what is to be there
// (documents of YAML on standard input) is compared with what is there, in the way that the Application asks for.
//
//	check APPLICATION                  reads it, and compares nothing
//	check APPLICATION KUBECONFIG       prints a line of JSON for each object that Argo CD would call OutOfSync
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/argoproj/argo-cd/v3/common"
	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	argodiff "github.com/argoproj/argo-cd/v3/util/argo/diff"
	"github.com/argoproj/argo-cd/v3/util/argo/normalizers"
	"github.com/argoproj/gitops-engine/pkg/diff"
	"github.com/argoproj/gitops-engine/pkg/utils/kube"
	"github.com/argoproj/gitops-engine/pkg/utils/tracing"
	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	strict "sigs.k8s.io/yaml"
)

// What a new installation of Argo CD 3 ignores everywhere.
var overrides = map[string]v1alpha1.ResourceOverride{
	"*/*": {IgnoreDifferences: v1alpha1.OverrideIgnoreDiff{JSONPointers: []string{"/status"}}},
}

// One object that differs: as it is, and as it would be after a sync.
type drift struct {
	Object    string          `json:"object"`
	Live      json.RawMessage `json:"live"`
	Predicted json.RawMessage `json:"predicted"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "check:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) == 0 || len(arguments) > 2 {
		return errors.New("usage: check APPLICATION [KUBECONFIG]")
	}
	app, err := read(arguments[0])
	if err != nil || len(arguments) == 1 {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", arguments[1])
	if err != nil {
		return err
	}
	return compare(app, config)
}

func read(path string) (*v1alpha1.Application, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	app := &v1alpha1.Application{}
	return app, strict.UnmarshalStrict(text, app)
}

func compare(app *v1alpha1.Application, config *rest.Config) error {
	kubectl := &kube.KubectlCmd{Log: logr.Discard(), Tracer: tracing.NopTracer{}}
	settings, cleanup, err := settingsOf(app, config, kubectl)
	if err != nil {
		return err
	}
	defer cleanup()
	objects, lines := yaml.NewYAMLOrJSONDecoder(os.Stdin, 4096), json.NewEncoder(os.Stdout)
	for {
		target := &unstructured.Unstructured{}
		if err := objects.Decode(target); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		gvk := target.GroupVersionKind()
		live, err := kubectl.GetResource(context.Background(), config, gvk, target.GetName(), target.GetNamespace())
		if err != nil {
			return err
		}
		found, err := argodiff.StateDiff(live, target, settings)
		if err != nil {
			return err
		}
		if found.Modified {
			name := fmt.Sprintf("%s %s", gvk.Kind, target.GetName())
			if err := lines.Encode(drift{name, found.NormalizedLive, found.PredictedLive}); err != nil {
				return err
			}
		}
	}
}

// The way of comparing that the Application asks for, as Argo CD's controller finds it.
func settingsOf(app *v1alpha1.Application, config *rest.Config, kubectl *kube.KubectlCmd) (argodiff.DiffConfig, func(), error) {
	schema, parser, err := kubectl.LoadOpenAPISchema(config)
	if err != nil {
		return nil, nil, err
	}
	noNews := func(string) (kube.CleanupFunc, error) { return func() {}, nil }
	runner, cleanup, err := kube.ManageServerSideDiffDryRuns(config, schema, tracing.NopTracer{}, logr.Discard(), noNews)
	if err != nil {
		return nil, nil, err
	}
	isServerSide := app.Annotations[common.AnnotationCompareOptions] == "ServerSideDiff=true"
	isStructured := app.Spec.SyncPolicy != nil && app.Spec.SyncPolicy.SyncOptions.HasOption("ServerSideApply=true")
	settings, err := argodiff.NewDiffConfigBuilder().
		WithDiffSettings(app.Spec.IgnoreDifferences, overrides, false, normalizers.IgnoreNormalizerOpts{}).
		WithTracking(common.LabelKeyAppInstance, string(v1alpha1.TrackingMethodAnnotation)).
		WithNoCache().
		WithGVKParser(parser).
		WithManager(common.ArgoCDSSAManager).
		WithServerSideDiff(isServerSide).
		WithServerSideDryRunner(diff.NewK8sServerSideDryRunner(runner)).
		WithStructuredMergeDiff(isStructured).
		Build()
	return settings, cleanup, err
}
