# SPDX-License-Identifier: MIT
"""A CloudFormation template, read with PyYAML: its functions as objects, what they refer to, and what
comes of them."""
import re

import yaml

PSEUDO = {"AWS::AccountId": "123456789012", "AWS::Partition": "aws", "AWS::Region": "eu-central-1",
          "AWS::StackName": "messages", "AWS::NoValue": None}
PLACE = re.compile(r"\$\{([^!}][^}]*)\}")
NOTHING = object()  # what AWS::NoValue comes to


class Function:
    """`!Name argument`."""

    def __init__(self, name, argument):
        self.name = name
        self.argument = argument


class Loader(yaml.SafeLoader):
    """Knows tags such as !Ref, and refuses a key that is there twice."""


def make_function(loader, name, node):
    if isinstance(node, yaml.ScalarNode):
        return Function(name, loader.construct_scalar(node))
    if isinstance(node, yaml.SequenceNode):
        return Function(name, loader.construct_sequence(node, deep=True))
    return Function(name, loader.construct_mapping(node, deep=True))


def make_mapping(loader, node):
    made = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in made:
            raise ValueError(f"{key} is there twice, at {key_node.start_mark}")
        made[key] = loader.construct_object(value_node, deep=True)
    return made


Loader.add_multi_constructor("!", make_function)
Loader.add_constructor("tag:yaml.org,2002:map", make_mapping)


def walk(value):
    """Every function in it, the inner ones too."""
    if isinstance(value, Function):
        yield value
        yield from walk(value.argument)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


def names_in(function):
    """(kind, name) of what a function refers to; a name with a dot is an attribute's."""
    if function.name in ("Ref", "GetAtt"):
        yield function.name, function.argument
    elif function.name == "Condition":
        yield "Condition", function.argument
    elif function.name == "If":
        yield "Condition", function.argument[0]
    elif function.name == "Sub":
        for name in PLACE.findall(function.argument):
            yield "GetAtt" if "." in name else "Ref", name


class Template:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.content = yaml.load(file, Loader)
        self.parameters = self.content["Parameters"]
        self.conditions = self.content["Conditions"]
        self.resources = self.content["Resources"]
        self.outputs = self.content["Outputs"]

    def names(self):
        for part in (self.conditions, self.resources, self.outputs):
            for function in walk(part):
                yield from names_in(function)
        for resource in self.resources.values():
            if "Condition" in resource:
                yield "Condition", resource["Condition"]

    def render(self, **given):
        return Rendering(self, given)


class Rendering:
    """What the template comes to with these parameters. Resources refer to each other by marks such
    as <Role.Arn>."""

    def __init__(self, template, given):
        self.template = template
        self.values = {name: str(parameter.get("Default", ""))
                       for name, parameter in template.parameters.items()} | given

    def is_true(self, condition):
        return self.resolve(self.template.conditions[condition])

    def resources(self):
        return {name: self.resolve(resource.get("Properties", {}))
                for name, resource in self.template.resources.items()
                if "Condition" not in resource or self.is_true(resource["Condition"])}

    def outputs(self):
        return {name: self.resolve(output["Value"])
                for name, output in self.template.outputs.items()}

    def name(self, name):
        if name == "AWS::NoValue":
            return NOTHING
        return self.values.get(name) or PSEUDO.get(name) or (
            "" if name in self.values else f"<{name}>")

    def resolve(self, value):
        if isinstance(value, Function):
            return getattr(self, "call_" + value.name)(value.argument)
        if isinstance(value, dict):
            made = {key: self.resolve(inner) for key, inner in value.items()}
            return {key: inner for key, inner in made.items() if inner is not NOTHING}
        if isinstance(value, list):
            return [inner for inner in map(self.resolve, value) if inner is not NOTHING]
        return value

    def call_Ref(self, name):
        return self.name(name)

    def call_GetAtt(self, name):
        return f"<{name}>"

    def call_Sub(self, text):
        return PLACE.sub(lambda found: self.name(found[1]), text)

    def call_If(self, argument):
        condition, yes, no = argument
        return self.resolve(yes if self.is_true(condition) else no)

    def call_Condition(self, name):
        return self.is_true(name)

    def call_Equals(self, argument):
        left, right = map(self.resolve, argument)
        return left == right

    def call_Not(self, argument):
        return not self.resolve(argument[0])

    def call_And(self, argument):
        return all(map(self.resolve, argument))

    def call_Split(self, argument):
        separator, text = argument
        return self.resolve(text).split(separator)
