#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The CloudFormation template, looked at without an account.

    test_template.py TEMPLATE PAGE

PAGE is what tells of it, docs/stream-deployment.md. Exits with 77, and the reason, where there is no
PyYAML.
"""
import json
import re
import sys
import unittest

try:
    import botocore.session
    import botocore.validate
    from template import PSEUDO, Template, walk
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)
from event_filter import passes

TEMPLATE = Template(sys.argv.pop(1))
with open(sys.argv.pop(1), encoding="utf-8") as page:
    PAGE = page.read()
STREAM = "arn:aws:dynamodb:eu-central-1:123456789012:table/messages/stream/2026-01-01T00:00:00.000"
RENDERINGS = {
    "as it is": {},
    "a table that is there": {"TableStreamArn": STREAM},
    "in a VPC": {"VpcId": "vpc-1", "SubnetIds": "subnet-1,subnet-2", "RouteTableIds": "rtb-1"},
    "in a VPC with an endpoint": {"VpcId": "vpc-1", "SubnetIds": "subnet-1"},
    "with a topic": {"AlarmTopicArn": "arn:aws:sns:eu-central-1:123456789012:alarms"},
}
MARK = re.compile(r"<([A-Za-z]+)(?:\.[A-Za-z]+)?>")

# Where a resource's properties have the names and the limits of an API's request.
REQUESTS = {"Trigger": ("lambda", "CreateEventSourceMapping"),
            "Function": ("lambda", "CreateFunction"),
            "Table": ("dynamodb", "CreateTable"),
            "LagAlarm": ("cloudwatch", "PutMetricAlarm"),
            "ErrorAlarm": ("cloudwatch", "PutMetricAlarm"),
            "ThrottleAlarm": ("cloudwatch", "PutMetricAlarm"),
            "FailedBatchAlarm": ("cloudwatch", "PutMetricAlarm"),
            "Endpoint": ("ec2", "CreateVpcEndpoint")}
# What CloudFormation calls otherwise, or Debian's botocore is too old for.
NOT_IN_REQUESTS = {"Table": {"PointInTimeRecoverySpecification", "StreamSpecification",
                             "TimeToLiveSpecification", "DeletionProtectionEnabled"},
                   "Function": {"Code", "LoggingConfig"}}


def as_request(shape, value):
    """CloudFormation takes numbers and truth values as text, too."""
    if shape.type_name == "structure":
        return {name: as_request(shape.members[name], inner) if name in shape.members else inner
                for name, inner in value.items()}
    if shape.type_name == "list":
        return [as_request(shape.member, inner) for inner in value]
    if shape.type_name == "map":
        return {name: str(inner) for name, inner in value.items()}
    readers = {"integer": int, "long": int, "double": float,
               "boolean": lambda text: {"true": True, "false": False}[str(text).lower()]}
    return readers.get(shape.type_name, str)(value)


class References(unittest.TestCase):
    def test_everything_named_is_there(self):
        for kind, name in TEMPLATE.names():
            with self.subTest(kind=kind, name=name):
                if kind == "Condition":
                    self.assertIn(name, TEMPLATE.conditions)
                elif kind == "GetAtt":
                    self.assertIn(name.partition(".")[0], TEMPLATE.resources)
                else:
                    self.assertIn(name, TEMPLATE.parameters | TEMPLATE.resources | PSEUDO)

    def test_everything_there_is_named(self):
        named = {name for _, name in TEMPLATE.names()}
        self.assertEqual(TEMPLATE.parameters.keys() - named, set())
        self.assertEqual(TEMPLATE.conditions.keys() - named, set())

    def test_the_console_shows_every_parameter_once(self):
        groups = TEMPLATE.content["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
        shown = [name for group in groups for name in group["Parameters"]]
        self.assertEqual(sorted(shown), sorted(TEMPLATE.parameters))

    def test_conditions_use_what_conditions_may(self):
        used = {function.name for function in walk(TEMPLATE.conditions)}
        self.assertLessEqual(used, {"Equals", "Not", "And", "Or", "If", "Condition", "Ref"})

    def test_nothing_refers_to_what_is_left_out(self):
        for name, given in RENDERINGS.items():
            with self.subTest(name):
                rendering = TEMPLATE.render(**given)
                resources = rendering.resources()
                text = json.dumps([resources, rendering.outputs()])
                self.assertEqual(set(MARK.findall(text)) - resources.keys(), set())

    def test_defaults_are_allowed(self):
        for name, parameter in TEMPLATE.parameters.items():
            with self.subTest(name):
                default = parameter["Default"]
                self.assertIn(default, parameter.get("AllowedValues", [default]))
                if parameter["Type"] == "Number":
                    self.assertGreaterEqual(default, parameter.get("MinValue", default))
                    self.assertLessEqual(default, parameter.get("MaxValue", default))
                if "AllowedPattern" in parameter:
                    self.assertRegex(default, rf"\A(?:{parameter['AllowedPattern']})\Z")


class Properties(unittest.TestCase):
    """The APIs' own descriptions, which botocore has, know every name and limit."""

    def test_are_what_the_services_take(self):
        session = botocore.session.Session()
        models = {service: session.get_service_model(service)
                  for service in {service for service, _ in REQUESTS.values()}}
        for rendering, given in RENDERINGS.items():
            for name, properties in TEMPLATE.render(**given).resources().items():
                if name in REQUESTS:
                    with self.subTest(rendering=rendering, resource=name):
                        service, operation = REQUESTS[name]
                        self.check(models[service].operation_model(operation).input_shape, name,
                                   properties)

    def check(self, shape, name, properties):
        left_out = NOT_IN_REQUESTS.get(name, set())
        self.assertEqual(properties.keys() - left_out - shape.members.keys(), set())
        sent = {key: as_request(shape.members[key], value)
                for key, value in properties.items() if key not in left_out}
        required = {key: "x" for key in ("AlarmName",) if key in shape.required_members}
        if "Code" in shape.members:
            required["Code"] = {"ZipFile": b""}
            required["FunctionName"] = "x"
        report = botocore.validate.ParamValidator().validate(required | sent, shape)
        self.assertFalse(report.has_errors(), report.generate_report())


class Settings(unittest.TestCase):
    def setUp(self):
        self.resources = TEMPLATE.render().resources()

    def test_the_trigger_reads_the_tables_stream(self):
        self.assertEqual(self.resources["Trigger"]["EventSourceArn"], "<Table.StreamArn>")
        there = TEMPLATE.render(TableStreamArn=STREAM).resources()
        self.assertEqual(there["Trigger"]["EventSourceArn"], STREAM)
        self.assertNotIn("Table", there)

    def test_failures_are_told_one_by_one(self):
        trigger = self.resources["Trigger"]
        self.assertEqual(trigger["FunctionResponseTypes"], ["ReportBatchItemFailures"])
        self.assertEqual(trigger["DestinationConfig"],
                         {"OnFailure": {"Destination": "<FailedBatches.Arn>"}})

    def test_an_endpoint_is_made_where_routes_are_named(self):
        made = TEMPLATE.render(**RENDERINGS["in a VPC"]).resources()
        self.assertEqual(made["Endpoint"]["RouteTableIds"], ["rtb-1"])
        self.assertEqual(made["Function"]["VpcConfig"], {
            "SubnetIds": ["subnet-1", "subnet-2"],
            "SecurityGroupIds": ["<SecurityGroup.GroupId>"]})
        there = TEMPLATE.render(**RENDERINGS["in a VPC with an endpoint"]).resources()
        self.assertNotIn("Endpoint", there)
        self.assertNotIn("VpcConfig", self.resources["Function"])

    def test_the_role_may_no_more_than_it_must(self):
        for rendering, given in RENDERINGS.items():
            for policy in TEMPLATE.render(**given).resources()["Role"]["Policies"]:
                for statement in policy["PolicyDocument"]["Statement"]:
                    with self.subTest(rendering=rendering, statement=statement["Sid"]):
                        self.assertNotIn("*", str(statement["Action"]))
                        if statement["Sid"] != "JoinVpc":
                            self.assertNotEqual(statement["Resource"], "*")

    def test_every_alarm_can_tell_somebody(self):
        topic = RENDERINGS["with a topic"]["AlarmTopicArn"]
        alarms = [properties for name, properties
                  in TEMPLATE.render(AlarmTopicArn=topic).resources().items()
                  if name.endswith("Alarm")]
        self.assertEqual(len(alarms), 4)
        for alarm in alarms:
            self.assertEqual(alarm["AlarmActions"], [topic])


class Page(unittest.TestCase):
    def test_gives_the_defaults(self):
        told = {name: int(value) for name, value in re.findall(r"`(\w+)` (\d+)", PAGE)
                if name in TEMPLATE.parameters}
        self.assertEqual(told, {name: TEMPLATE.parameters[name]["Default"] for name in (
            "MemorySize", "Workers", "BatchSize", "BatchWindowSeconds", "ParallelizationFactor",
            "RetryAttempts", "RecordAgeSeconds")})

    def test_names_parameters_that_are_there(self):
        for line in re.findall(r"--parameter-overrides (.*)", PAGE):
            for name in re.findall(r"([A-Za-z]+)=", line):
                self.assertIn(name, TEMPLATE.parameters)

    def test_tells_every_right_on_the_table(self):
        for policy in TEMPLATE.render().resources()["Role"]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                named = statement["Action"]
                for action in [named] if isinstance(named, str) else named:
                    if action.startswith("dynamodb:"):
                        self.assertIn(f"`{action.removeprefix('dynamodb:')}`", PAGE)


class Filter(unittest.TestCase):
    """The rules themselves; real records are put through the template's filter elsewhere."""

    def test_equality_and_prefix(self):
        self.assertTrue(passes({"a": ["x", "y"]}, {"a": "y", "b": 1}))
        self.assertFalse(passes({"a": ["x"]}, {"b": "x"}))
        self.assertTrue(passes({"a": {"b": [{"prefix": "x"}]}}, {"a": {"b": "xy"}}))
        self.assertFalse(passes({"a": {"b": [{"prefix": "x"}]}}, {"a": {"b": "yx"}}))
        self.assertFalse(passes({"a": {"b": ["x"]}}, {"a": "b"}))

    def test_rules_that_are_not_known(self):
        with self.assertRaises(ValueError):
            passes({"a": [{"suffix": "x"}]}, {"a": "x"})


if __name__ == "__main__":
    unittest.main()
