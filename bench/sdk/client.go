// SPDX-License-Identifier: MIT

// Makes calls with the Go SDK v2, and tells the processor time that they take, garbage collection
// included.
//
// Argument: the service's URL. The first line of the standard input names the calls,
// {"page": [{"operation": "Query", "input": {...}}], "append": [...]}; each line after it is
// "page 100" or "append 100", and is answered with the microseconds that one took.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const warmUp = 200

// A body that is nothing but a reader: this SDK's request body has a WriteTo, which newer versions
// of Go prefer, and which sends nothing.
type plainBody struct {
	io.ReadCloser
}

type plainTransport struct {
	http.RoundTripper
}

func (transport plainTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body != nil && request.Body != http.NoBody {
		request.Body = plainBody{request.Body}
	}
	return transport.RoundTripper.RoundTrip(request)
}

// ---- the input, from DynamoDB's JSON to the SDK's structs ----

func attributeOf(value map[string]interface{}) types.AttributeValue {
	for kind, content := range value {
		switch kind {
		case "S":
			return &types.AttributeValueMemberS{Value: content.(string)}
		case "N":
			return &types.AttributeValueMemberN{Value: content.(string)}
		case "BOOL":
			return &types.AttributeValueMemberBOOL{Value: content.(bool)}
		case "SS":
			var texts []string
			for _, text := range content.([]interface{}) {
				texts = append(texts, text.(string))
			}
			return &types.AttributeValueMemberSS{Value: texts}
		}
	}
	panic("an attribute of another kind")
}

var attributeType = reflect.TypeOf((*types.AttributeValue)(nil)).Elem()

func fill(target reflect.Value, value interface{}) {
	if target.Type() == attributeType {
		target.Set(reflect.ValueOf(attributeOf(value.(map[string]interface{}))))
		return
	}
	switch target.Kind() {
	case reflect.Ptr:
		target.Set(reflect.New(target.Type().Elem()))
		fill(target.Elem(), value)
	case reflect.Struct:
		for name, member := range value.(map[string]interface{}) {
			fill(target.FieldByName(name), member)
		}
	case reflect.Map:
		target.Set(reflect.MakeMap(target.Type()))
		for name, member := range value.(map[string]interface{}) {
			made := reflect.New(target.Type().Elem()).Elem()
			fill(made, member)
			target.SetMapIndex(reflect.ValueOf(name), made)
		}
	case reflect.Slice:
		for _, member := range value.([]interface{}) {
			made := reflect.New(target.Type().Elem()).Elem()
			fill(made, member)
			target.Set(reflect.Append(target, made))
		}
	case reflect.Int32:
		target.SetInt(int64(value.(float64)))
	case reflect.Bool:
		target.SetBool(value.(bool))
	default:
		target.SetString(value.(string))
	}
}

// ---- the calls ----

type call func() error

func callOf(client *dynamodb.Client, operation string, input interface{}) call {
	ctx := context.Background()
	switch operation {
	case "Query":
		made := &dynamodb.QueryInput{}
		fill(reflect.ValueOf(made).Elem(), input)
		return func() error { _, err := client.Query(ctx, made); return err }
	case "GetItem":
		made := &dynamodb.GetItemInput{}
		fill(reflect.ValueOf(made).Elem(), input)
		return func() error { _, err := client.GetItem(ctx, made); return err }
	case "BatchGetItem":
		made := &dynamodb.BatchGetItemInput{}
		fill(reflect.ValueOf(made).Elem(), input)
		return func() error { _, err := client.BatchGetItem(ctx, made); return err }
	case "TransactGetItems":
		made := &dynamodb.TransactGetItemsInput{}
		fill(reflect.ValueOf(made).Elem(), input)
		return func() error { _, err := client.TransactGetItems(ctx, made); return err }
	case "TransactWriteItems":
		made := &dynamodb.TransactWriteItemsInput{}
		fill(reflect.ValueOf(made).Elem(), input)
		return func() error { _, err := client.TransactWriteItems(ctx, made); return err }
	}
	panic("an operation that is not known here: " + operation)
}

func processorTime() float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1000
}

func run(calls []call, count int) float64 {
	started := processorTime()
	for i := 0; i < count; i++ {
		for _, one := range calls {
			if err := one(); err != nil {
				panic(err)
			}
		}
	}
	return (processorTime() - started) / float64(count)
}

func main() {
	url := os.Args[1]
	client := dynamodb.New(dynamodb.Options{
		Region: os.Getenv("AWS_REGION"),
		Credentials: aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider(
			os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), "")),
		EndpointResolver: dynamodb.EndpointResolverFromURL(url),
		HTTPClient:       &http.Client{Transport: plainTransport{http.DefaultTransport}},
	})
	lines := bufio.NewReader(os.Stdin)
	first, err := lines.ReadString('\n')
	if err != nil {
		panic(err)
	}
	var given map[string][]struct {
		Operation string      `json:"operation"`
		Input     interface{} `json:"input"`
	}
	if err := json.Unmarshal([]byte(first), &given); err != nil {
		panic(err)
	}
	calls := map[string][]call{}
	for what, exchanges := range given {
		for _, exchange := range exchanges {
			calls[what] = append(calls[what], callOf(client, exchange.Operation, exchange.Input))
		}
		run(calls[what], warmUp)
	}
	fmt.Printf("aws-sdk-go-v2 %s, %s\n", aws.SDKVersion, runtime.Version())
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		words := strings.Fields(line)
		count, err := strconv.Atoi(words[1])
		if err != nil {
			panic(err)
		}
		fmt.Println(run(calls[words[0]], count))
	}
}
