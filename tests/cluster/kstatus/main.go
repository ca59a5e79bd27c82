// kstatus tells of objects what Flux tells of them: a line of JSON for each one, from documents of YAML on standard input.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

type verdict struct {
	Status  status.Status `json:"status"`
	Message string        `json:"message"`
}

func main() {
	if err := tell(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "kstatus:", err)
		os.Exit(1)
	}
}

func tell(from io.Reader, to io.Writer) error {
	objects, verdicts := yaml.NewYAMLOrJSONDecoder(from, 4096), json.NewEncoder(to)
	for {
		object := &unstructured.Unstructured{}
		if err := objects.Decode(object); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		found, err := status.Compute(object)
		if err != nil {
			return err
		}
		if err := verdicts.Encode(verdict{found.Status, found.Message}); err != nil {
			return err
		}
	}
}
