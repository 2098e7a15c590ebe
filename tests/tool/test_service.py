#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A DynamoDB store that cannot be reached or refuses: the exit status, and one line that tells a
person what to do."""
import socket
import ssl
import subprocess
import threading
import unittest

from cli import MAREN_TEO, SECRET
from dynamodb import AwsTest, Impostor

CORAL = "com.amazon.coral.service#"
DYNAMODB = "com.amazonaws.dynamodb.v20120810#"


def nobody():
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Settings(AwsTest):
    def refused(self, words, url, **env):
        self.fails(2, words, "groups", "@maren", "--store", url, env=env)

    def test_url(self):
        self.refused('the region parameter: "mars" is not the name of an AWS region',
                     "dynamodb:messages?region=mars")
        self.refused("the endpoint parameter: an endpoint URL is http or https",
                     "dynamodb:messages?endpoint=localhost:8000")
        self.refused("mode is auto, atomic, steps or stream", "dynamodb:messages?mode=fast")
        self.refused("there are region, endpoint,", "dynamodb:messages?regoin=x")
        self.refused("attempts is a number", "dynamodb:messages?attempts=0")
        self.refused("there are region, endpoint, index, mode, profile, fips, dualstack, "
                     "account_endpoint, attempts, claim_days and writers", "dynamodb:messages?claimdays=7")
        self.refused('claim_days is a number from 1 to 3650, not "0"',
                     "dynamodb:messages?claim_days=0")
        for value in ("theirs", "", "Ours", "ours%20"):
            self.refused("writers is any or ours, not ",
                         f"dynamodb:messages?mode=atomic&writers={value}")
        for mode in ("", "mode=auto&", "mode=steps&", "mode=stream&"):
            self.refused("writers=ours needs mode=atomic",
                         f"dynamodb:messages?{mode}writers=ours")
        self.refused('fips is true or false, not "yes"', "dynamodb:messages?fips=yes")
        self.refused("account_endpoint is preferred, disabled or required",
                     "dynamodb:messages?account_endpoint=maybe")
        self.refused("exclude each other", "dynamodb:messages?fips=true&endpoint=http://localhost")
        self.refused("the table's name must have", "dynamodb:a b")

    def test_environment(self):
        store = "dynamodb:messages"
        self.refused("AWS_ENDPOINT_URL: an endpoint URL is", store, AWS_ENDPOINT_URL="localhost")
        self.refused("AWS_ENDPOINT_URL_DYNAMODB: an", store, AWS_ENDPOINT_URL_DYNAMODB="x")
        self.refused("AWS_USE_FIPS_ENDPOINT must be true or false", store,
                     AWS_USE_FIPS_ENDPOINT="yes")
        self.refused("AWS_MAX_ATTEMPTS must be a number", store, AWS_MAX_ATTEMPTS="many")
        self.refused('AWS_PROFILE: there is no profile "work" in', store, AWS_PROFILE="work")
        del self.environment["AWS_REGION"]
        self.refused("no region is known: give one (region=…), set AWS_REGION, or name it in "
                     'profile "default"', store)

    def test_profile(self):
        store = "dynamodb:messages?profile=work"
        path = self.write("config", "[profile work]\nendpoint_url = nonsense\n")
        self.refused(f"endpoint_url ({path}, line 2): an endpoint URL is", store,
                     AWS_CONFIG_FILE=path)
        path = self.write("config", "[profile work]\n\nretry_mode = bold\n")
        self.refused(f"retry_mode ({path}, line 3) must be", store, AWS_CONFIG_FILE=path)
        path = self.write("config", f"[profile work]\n{SECRET}\n")
        self.refused(f"the profile parameter: {path}, line 2: ", store, AWS_CONFIG_FILE=path)

    def test_region(self):
        """It is the region that is wrong, and not the endpoint beside it."""
        done = self.run_command("groups", "@maren", "--store", "dynamodb:messages",
                                env={"AWS_REGION": "eu_west_1",
                                     "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:9"})
        self.assertIn("AWS_REGION: ", done.err)
        self.assertNotIn("AWS_ENDPOINT_URL_DYNAMODB", done.err)


class Endpoints(AwsTest):
    """Which host is asked, as a proxy sees it."""

    def asked(self, store, **env):
        listening = socket.create_server(("127.0.0.1", 0))
        seen = []

        def refuse():
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:  # the test is over
                    return
                with connection:
                    seen.append(connection.recv(65536).split(b"\r\n")[0].decode())
                    connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=refuse, daemon=True)
        thread.start()
        proxy = f"http://127.0.0.1:{listening.getsockname()[1]}"
        self.fails(4, "", "groups", "@maren", "--store", store + "&attempts=1",
                   env={"https_proxy": proxy, "no_proxy": "", **env})
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=600)
        listening.close()
        self.assertEqual(len(seen), 1)
        return seen[0].removeprefix("CONNECT ").removesuffix(":443 HTTP/1.1")

    def test_hosts(self):
        account = {"AWS_ACCOUNT_ID": "123456789012"}
        here, china = "dynamodb:messages?region=eu-central-1", "dynamodb:messages?region=cn-north-1"
        for host, store, env in (
                ("dynamodb.eu-central-1.amazonaws.com", here, {}),
                ("123456789012.ddb.eu-central-1.amazonaws.com", here, account),
                ("123456789012.ddb.eu-central-1.amazonaws.com", here + "&account_endpoint=required",
                 account),
                ("dynamodb.eu-central-1.amazonaws.com", here + "&account_endpoint=disabled",
                 account),
                ("dynamodb-fips.eu-central-1.amazonaws.com", here + "&fips=true", account),
                ("dynamodb.eu-central-1.api.aws", here + "&dualstack=true", {}),
                ("dynamodb.cn-north-1.amazonaws.com.cn", china, account)):
            self.assertEqual(self.asked(store, **env), host)

    def test_no_account(self):
        store = "dynamodb:messages?account_endpoint=required"
        self.fails(2, "the credentials name no account", "groups", "@maren", "--store", store)
        self.fails(2, "does not have 12 digits", "groups", "@maren", "--store", store,
                   env={"AWS_ACCOUNT_ID": "12"})


class Credentials(AwsTest):
    def setUp(self):
        super().setUp()
        self.use(f"http://127.0.0.1:{nobody()}")

    def test_none(self):
        del self.environment["AWS_ACCESS_KEY_ID"]
        del self.environment["AWS_SECRET_ACCESS_KEY"]
        line = self.fails(1, "no source has credentials", "groups", "@maren").err
        for reason in ("environment: AWS_ACCESS_KEY_ID is not set",
                       "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set",
                       'profile: no profile "default" in the AWS config and credentials files',
                       "container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI are not set",
                       "instance: AWS_EC2_METADATA_DISABLED is true"):
            self.assertIn(reason, line)

    def test_half(self):
        del self.environment["AWS_SECRET_ACCESS_KEY"]
        self.fails(1, "AWS_SECRET_ACCESS_KEY is missing, which AWS_ACCESS_KEY_ID needs", "groups",
                   "@maren")

    def test_metadata_service_that_is_not_there(self):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_EC2_METADATA_DISABLED"):
            del self.environment[name]
        url = f"http://127.0.0.1:{nobody()}"
        self.fails(1, f"instance: the machine's metadata service: {url}", "groups", "@maren",
                   env={"AWS_EC2_METADATA_SERVICE_ENDPOINT": url})

    def test_profile_without_any(self):
        path = self.write("config", "[profile work]\nregion = eu-central-1\n")
        self.environment["CRUDDUR_STORE"] += "&profile=work"
        self.fails(1, 'profile: profile "work" has no credentials', "groups", "@maren",
                   env={"AWS_CONFIG_FILE": path})


class Servers(AwsTest):
    def answered(self, code, words, *answer, command=("groups", "@maren")):
        with Impostor(*answer) as server:
            self.use(f"http://127.0.0.1:{server.port}", attempts=1)
            return self.fails(code, words, *command, "--timeout", "20")

    def test_nobody(self):
        port = nobody()
        self.use(f"http://127.0.0.1:{port}")
        self.fails(4, f"after 4 attempts: http://127.0.0.1:{port}: ", "groups", "@maren")

    def test_another_kind_of_server(self):
        other = "not a valid response to "
        for body in (b"<html>", b"", {"a": 1}, {"Items": 3}):
            self.answered(4, other + "Query (HTTP 200, application/x-amz-json-1.0, ", 200, body)
        html = {"Content-Type": "text/html; charset=utf-8"}
        self.answered(4, other + "Query (HTTP 200, text/html, 13 bytes); is the endpoint right?",
                      200, {"Items": []}, html)
        self.answered(4, other + "Query (HTTP 204, no content type, 0 bytes)", 204, b"",
                      {"Content-Type": ""})
        for action, operation in (("list", "ListTables"), ("verify", "DescribeTable"),
                                  ("load", "DescribeTable")):
            self.answered(4, f"{other}{operation} (HTTP 200, text/html", 200, b"<html>", html,
                          command=("schema", action))
        self.answered(1, "HTTP 404 and no error code; is the endpoint right?", 404, b"not here")
        self.answered(1, "HTTP 403 and no error code", 403, b"<html>")

    def test_not_http(self):
        listening = socket.create_server(("127.0.0.1", 0))

        def greet():
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:  # the test is over
                    return
                with connection:
                    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
                    while connection.recv(65536):  # closing earlier would take the greeting back
                        pass

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        self.use(f"http://127.0.0.1:{listening.getsockname()[1]}")
        self.fails(1, "what answers there does not speak HTTP", "groups", "@maren")
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=600)
        listening.close()

    def test_refusals(self):
        denied = ("User: arn:aws:iam::123456789012:user/ann is not authorized to perform: "
                  "dynamodb:Query")
        self.answered(1, denied, 400, {"__type": CORAL + "AccessDeniedException",
                                       "Message": denied})
        self.answered(1, "The security token included in the request is invalid.", 400,
                      {"__type": CORAL + "UnrecognizedClientException",
                       "message": "The security token included in the request is invalid."})
        self.answered(1, "is the secret access key the one of the access key id?", 400,
                      {"__type": CORAL + "InvalidSignatureException", "message": SECRET})
        self.answered(4, "ProvisionedThroughputExceededException", 400,
                      {"__type": DYNAMODB + "ProvisionedThroughputExceededException"})
        self.answered(4, "InternalServerError (HTTP 500)", 500,
                      {"__type": DYNAMODB + "InternalServerError", "message": SECRET})
        # What such a service says beside its code may quote the request.
        self.answered(1, "reading from table messages: ValidationException (HTTP 400)\n", 400,
                      {"__type": CORAL + "ValidationException", "message": SECRET})

    def test_request_id(self):
        with Impostor(400, {"__type": CORAL + "AccessDeniedException"},
                      {"x-amzn-RequestId": "REQUEST42"}) as server:
            self.use(f"http://127.0.0.1:{server.port}")
            result = self.run_command("groups", "@maren", "--verbose")
            self.assertIn("cruddur groups: request id: REQUEST42\n", result.err)
            self.assertIn("group_list: E_ACCESS_DENIED in", result.err)

    def test_timeout(self):
        listening = socket.create_server(("127.0.0.1", 0))  # accepts, and says nothing
        self.use(f"http://127.0.0.1:{listening.getsockname()[1]}")
        self.fails(4, "", "send", "--as", "@maren", MAREN_TEO, "--timeout", "1", SECRET)
        listening.close()


class Certificates(AwsTest):
    def test_certificates(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-keyout", self.path("key.pem"), "-out", self.path("cert.pem"), "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"], check=True,
                       capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path("cert.pem"), self.path("key.pem"))
        trusting = {"AWS_CA_BUNDLE": self.path("cert.pem")}
        with Impostor(200, {"Items": []}, context=context) as server:
            self.use(f"https://localhost:{server.port}")
            self.fails(1, "AWS_CA_BUNDLE can name a file of certificates", "groups", "@maren")
            self.assertEqual(self.ok("groups", "@maren", env=trusting).out, "no groups\n")
            self.use(f"https://127.0.0.1:{server.port}")
            self.fails(1, "no alternative certificate subject name", "groups", "@maren",
                       env=trusting)
            self.fails(1, "AWS_CA_BUNDLE: https://127.0.0.1", "groups", "@maren",
                       env={"AWS_CA_BUNDLE": "nofile.pem"})

    def test_https_to_a_server_without(self):
        with Impostor() as server:
            self.use(f"https://127.0.0.1:{server.port}", attempts=1)
            self.fails(4, "does the server speak https?", "groups", "@maren")


if __name__ == "__main__":
    unittest.main()
