#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Debian's botocore is asked what AWS files mean, and which identity a profile leads to; the library
has to say the same, or to fail where it is meant to be stricter. The program given as argument
(answers.c) speaks for the library."""
import hashlib
import http.server
import itertools
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.parse

PROGRAM = sys.argv.pop(1)
FILES = int(os.environ.get("CRUDDUR_TEST_AWS_FILES", "1000"))
PROFILES = int(os.environ.get("CRUDDUR_TEST_AWS_PROFILES", "300"))
FOLDER = tempfile.TemporaryDirectory(prefix="aws-files-")
HOME = pathlib.Path(FOLDER.name)

for variable in [name for name in os.environ if name.startswith(("AWS_", "BOTO_"))]:
    del os.environ[variable]
for variable in ("http_proxy", "https_proxy", "all_proxy"):
    os.environ.pop(variable, None)
    os.environ.pop(variable.upper(), None)
os.environ.update(HOME=str(HOME), AWS_EC2_METADATA_DISABLED="true", LC_ALL="C.UTF-8")

# After HOME is set: classes of botocore remember where the cache of single sign-on is.
import botocore.configloader  # noqa: E402
import botocore.exceptions  # noqa: E402
import botocore.session  # noqa: E402


def ask(mode, questions):
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run([PROGRAM, mode], input=lines.encode(), stdout=subprocess.PIPE, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(questions)
    return answers


def write(number, name, text):
    path = HOME / f"{number}-{name}"
    path.write_text(text, encoding="utf-8", newline="")
    return str(path)


# ---- what is in the files ----

NAMES = ["region", "output", "role_arn", "addressing_style", "key"]
GROUPS = ["s3", "dynamodb"]


def random_line(source):
    """A line that makes sense, or one that is near to it."""
    indent = source.choice(["", "", "", "  ", "  ", "\t", "    ", "\u00a0", " \u2003"])
    name = source.choice(NAMES + GROUPS + ["Region", "in valid", "a/b"])
    value = source.choice(["", "x", "eu-west-1", "a = b", "a: b", "a#b", "a # b", "a;b", "a\t; b",
                           "\u00e4 \u6f22", "[x]", "x \u00a0", "'q'", "#", "; c"])
    # Without a blank before it, # or ; at the beginning is part of the value; botocore drops the blank.
    separator = " = " if value[:1] in ("#", ";") else \
        source.choice(["=", " = ", " =", "= ", ":", " : ", "\t=\t"])
    return indent + source.choice([
        f"{name}{separator}{value}", f"{name}{separator}{value}", f"{name}{separator}{value}",
        f"{name} =", "  addressing_style = path", "key=v", value, "# comment", "; comment", "",
        source.choice([" ", "\u00a0", "\t \t", "\f"]), "-continued # not a comment",
        source.choice(["[profile other]", "[other] text", "[profile p] # text", "[default];x",
                       "[services s]", "[sso-session p]", "[default] /* x */"])])


def random_file(source, header):
    lines = [source.choice(["# first", "", ";"]), header]
    lines += [random_line(source) for _ in range(source.randrange(1, 9))]
    ends = source.choice(["\n", "\n", "\r\n", "\r"])
    return ends.join(lines) + source.choice(["", ends])


def random_pair(source, number):
    profile = source.choice(["default", "p", "p"])
    header = source.choice(["[default]", "[ default ]", "[default] x"]) if profile == "default" \
        else source.choice(["[profile p]", "[profile\tp]", "[profile  p ]", "[profile 'p']",
                            '[profile "p"]', "[profile p] ; x"])
    config = random_file(source, header) if source.random() < 0.9 else None
    credentials = random_file(source, f"[{profile}]") if config is None or source.random() < 0.4 \
        else None
    return {"config": write(number, "config", config) if config is not None else "/dev/null",
            "credentials": write(number, "credentials", credentials) if credentials is not None
            else "/dev/null", "profile": profile, "names": NAMES, "groups": GROUPS}


class Unclear(Exception):
    """botocore refuses the files, or what it makes of them is known to be something else."""


def spoken_by_botocore(path, load):
    try:
        return load(path) if path != "/dev/null" else {}
    except (botocore.exceptions.ConfigParseError, ValueError) as error:
        raise Unclear from error


def without_comment(value):
    """botocore keeps comments after a value, and empty lines in it."""
    first, *more = value.split("\n")
    first = re.split(r"[ \t][#;]", " " + first, maxsplit=1)[0].strip()
    return "\n".join([first] + [line for line in more if line])


def nested_values(value):
    return {name.lower(): without_comment(text) for name, text in value.items()}


def values_of_profile(question):
    """The values and the nested values of the profile; None: there is no such profile."""
    profile = question["profile"]
    config = spoken_by_botocore(question["config"], botocore.configloader.load_config)
    raw = spoken_by_botocore(question["config"], botocore.configloader.raw_config_parse)
    keys = spoken_by_botocore(question["credentials"], botocore.configloader.raw_config_parse)
    found = config.get("profiles", {}).get(profile)
    titles = [title for part in (raw, keys) for title in part]
    if any("]" in title or title != title.strip() for title in titles):
        raise Unclear  # the text after the name has a bracket, or the name has blanks around it
    if sum(re.sub("[\"']", "", title).split() == ["profile", profile] for title in raw) > 1:
        raise Unclear  # written in two ways: botocore takes the second alone
    if found is None and profile not in keys:
        return None
    merged = {**(found or {}), **keys.get(profile, {})}
    values, nested = {}, {}
    for name, value in merged.items():
        if isinstance(value, dict):
            nested[name] = nested_values(value)
            continue
        value = without_comment(value)
        if value.startswith("\n"):
            raise Unclear  # a comment and a nested block: the block counts here
        values[name] = value
    return values, nested


def wanted(values, names):
    return {name: value for name, value in values.items() if name in names and value != ""}


class Files(unittest.TestCase):
    def test_random_files(self):
        source = random.Random(20261126)
        questions = [random_pair(source, number) for number in range(FILES)]
        compared = 0
        for question, answer in zip(questions, ask("parse", questions)):
            try:
                expected = values_of_profile(question)
            except Unclear:
                continue
            with self.subTest():
                self.compare(question, answer, expected)
            compared += 1
        self.assertGreater(compared, FILES // 4)

    def compare(self, question, answer, expected):
        texts = [pathlib.Path(question[name]).read_bytes().decode()
                 for name in ("config", "credentials")]
        text = f"{texts!r}: {answer}"
        self.assertEqual(answer.get("is_there"), expected is not None, text)
        if expected is None:
            return
        values, nested = expected
        self.assertIsNone(answer["error"], text)
        self.assertEqual(answer["values"], wanted(values, NAMES), text)
        for group in GROUPS:
            self.assertEqual(answer["nested"][group], wanted(nested.get(group, {}), NAMES), text)


# ---- which identity it leads to ----

ROLE = "arn:aws:iam::123456789012:role/"
TRAP = "TRAP"  # what the container gives, and no profile


class Service(http.server.BaseHTTPRequestHandler):
    """STS, the portal of single sign-on, and a container's credentials, in one. What it gives out
    says how it was asked for."""

    def reply(self, body, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        action = form["Action"][0]
        signer = re.search("Credential=([^ ]*)/[0-9]{8}/", self.headers.get("Authorization", ""))
        by = signer[1] if signer else form["WebIdentityToken"][0]
        key = f"{form['RoleArn'][0]}/{by}"
        self.reply(f"<{action}Response><{action}Result><AssumedRoleUser><Arn>arn:aws:sts::"
                   "123456789012:assumed-role/r/s</Arn></AssumedRoleUser><Credentials>"
                   f"<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
                   "<SessionToken>t</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration>"
                   f"</Credentials></{action}Result></{action}Response>", "text/xml")

    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        if "account_id" in query:
            key = f"SSO/{query['account_id'][0]}/{query['role_name'][0]}"
            self.reply(json.dumps({"roleCredentials": {
                "accessKeyId": key, "secretAccessKey": "s", "sessionToken": "t",
                "expiration": 4102444800000}}), "application/json")
            return
        self.reply(json.dumps({"AccessKeyId": TRAP, "SecretAccessKey": "s", "Token": "t",
                               "Expiration": "2100-01-01T00:00:00Z"}), "application/json")

    def log_message(self, *_):
        pass


class FakeClient:
    """The same, for botocore, which does not get to use the network."""

    def __init__(self, key):
        self.key = key

    @staticmethod
    def made(key):
        return {"Credentials": {"AccessKeyId": key, "SecretAccessKey": "s", "SessionToken": "t",
                                "Expiration": "2100-01-01T00:00:00Z"}}

    def assume_role(self, RoleArn, **_):
        return self.made(f"{RoleArn}/{self.key}")

    def assume_role_with_web_identity(self, RoleArn, WebIdentityToken, **_):
        return self.made(f"{RoleArn}/{WebIdentityToken}")

    def get_role_credentials(self, roleName, accountId, **_):
        return {"roleCredentials": {"accessKeyId": f"SSO/{accountId}/{roleName}",
                                    "secretAccessKey": "s", "sessionToken": "t",
                                    "expiration": 4102444800000}}


class Session(botocore.session.Session):
    def create_client(self, *_, **options):
        return FakeClient(options.get("aws_access_key_id"))


BASE = f"""
[profile base]
aws_access_key_id = BASE
aws_secret_access_key = s
[profile middle]
role_arn = {ROLE}middle
source_profile = base
[profile both]
aws_access_key_id = BOTH
aws_secret_access_key = s
role_arn = {ROLE}both
source_profile = middle
[profile round]
role_arn = {ROLE}round
source_profile = p
[profile tokens]
role_arn = {ROLE}tokens
web_identity_token_file = {HOME}/token
[profile alone]
role_arn = {ROLE}alone
[profile part]
source_profile = base
[profile region-only]
region = eu-west-1
[sso-session s]
sso_region = us-west-2
sso_start_url = https://s.example/start
[sso-session bare]
sso_region = us-west-2
"""

# The values that a property can have in a profile.
PROPERTIES = {
    "role_arn": [ROLE + "own"],
    "source_profile": ["base", "base", "middle", "both", "p", "tokens", "alone", "part", "none",
                       "region-only", "round"],
    "credential_source": ["EcsContainer", "Environment", "Moon"],
    "web_identity_token_file": [f"{HOME}/token"],
    "sso_session": ["s", "s", "bare", "none"],
    "sso_account_id": ["123456789012"],
    "sso_role_name": ["Reader"],
    "sso_start_url": ["https://s.example/start"],
    "sso_region": ["us-west-2"],
    "login_session": ["arn:aws:sts::123456789012:assumed-role/Admin/admin"],
    "aws_access_key_id": ["KEYS"],
    "aws_secret_access_key": ["s"],
    "aws_session_token": ["t2"],
    "credential_process": [f"{HOME}/process"],
}
KEYS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")


def make_home():
    (HOME / "token").write_text("TOKEN")
    process = HOME / "process"
    process.write_text("#!/bin/sh\n" 'echo \'{"Version":1,"AccessKeyId":"PROCESS",'
                       '"SecretAccessKey":"s"}\'\n')
    process.chmod(0o700)
    cache = HOME / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    for name in ("s", "bare", "https://s.example/start"):
        (cache / (hashlib.sha1(name.encode()).hexdigest() + ".json")).write_text(json.dumps(
            {"accessToken": "t", "expiresAt": "2100-01-01T00:00:00Z", "region": "us-west-2",
             "startUrl": "https://s.example/start"}))


class Case:
    def __init__(self, number, properties, in_credentials):
        self.properties = properties
        config, credentials = BASE + "[profile p]\nregion = eu-west-1\n", "[p]\n"
        self.keys_are_in_credentials = any(name in in_credentials for name in KEYS)
        for name, value in properties.items():
            is_key = name in KEYS and self.keys_are_in_credentials
            if is_key or name in in_credentials:
                credentials += f"{name} = {value}\n"
            else:
                config += f"{name} = {value}\n"
        self.text = f"{properties}, of these in the credentials file: {sorted(in_credentials)}"
        self.question = {"config": write(number, "c", config), "profile": "p",
                         "credentials": write(number, "k", credentials)}

    def ask_botocore(self):
        """The key and the token; None: no identity, or an error."""
        os.environ.update(AWS_CONFIG_FILE=self.question["config"], AWS_PROFILE="p",
                          AWS_SHARED_CREDENTIALS_FILE=self.question["credentials"])
        try:
            found = Session().get_credentials()
            frozen = found.get_frozen_credentials() if found else None
            return (frozen.access_key, frozen.token or None) if frozen else None
        except Exception:  # pylint: disable=broad-except
            return None  # of many kinds, IndexError and KeyError among them
        finally:
            for name in ("AWS_CONFIG_FILE", "AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE"):
                del os.environ[name]


def choices(name):
    return PROPERTIES[name] + [""]


def small_cases():
    """Each property alone, and each two."""
    names = list(PROPERTIES)
    for count in (0, 1, 2):
        for chosen in itertools.combinations(names, count):
            yield {name: PROPERTIES[name][0] for name in chosen}
    for name in names:
        yield from ({name: value} for value in choices(name))


def random_cases(source):
    names = list(PROPERTIES)
    for _ in range(PROFILES):
        chosen = source.sample(names, source.choice([3, 3, 4, 5, 6]))
        yield {name: source.choice(PROPERTIES[name] if source.random() < 0.9 else [""])
               for name in chosen}


class Identities(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        make_home()
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{cls.server.server_port}"
        os.environ.update(AWS_ENDPOINT_URL_STS=url, AWS_ENDPOINT_URL_SSO=url,
                          AWS_CONTAINER_CREDENTIALS_FULL_URI=url + "/container")

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()

    def test_profiles(self):
        source = random.Random(20261127)
        cases = []
        for number, properties in enumerate(itertools.chain(small_cases(), random_cases(source))):
            in_credentials = {name for name in properties if source.random() < 0.2}
            cases.append(Case(f"i{number}", properties, in_credentials))
        same = 0
        for case, answer in zip(cases, ask("resolve", [case.question for case in cases])):
            with self.subTest():
                same += self.compare(case, answer)
        self.assertGreater(same, len(cases) // 10)

    def compare(self, case, ours):
        """Whether both found the same identity."""
        botocore_found = case.ask_botocore()
        text = f"{case.text}: {ours}, botocore: {botocore_found}"
        if not case.properties:
            self.assertEqual(ours.get("key"), TRAP, text)
            return False
        if ours["status"] == "OK":
            self.assertNotEqual(ours["key"], TRAP, text)
            self.assertEqual((ours["key"], ours["token"]), botocore_found, text)
            return True
        self.assertEqual(ours["status"], "E_CREDENTIALS", text)
        named = [name for name in PROPERTIES if name in ours["error"]]
        self.assertTrue(named or "circle" in ours["error"], text)
        if botocore_found is not None and botocore_found[0] != TRAP:
            self.assertTrue(self.is_stricter(case, ours["error"]), text)
        return False

    @staticmethod
    def is_stricter(case, error):
        """Where botocore finds an identity, and the library is meant to fail: it cannot use a
        session of `aws login`; a property that is there has to have a value; a circle is one
        wherever it is entered."""
        return "login_session" in error or error.endswith("is empty") or \
            "leads round in a circle" in error


if __name__ == "__main__":
    unittest.main()
