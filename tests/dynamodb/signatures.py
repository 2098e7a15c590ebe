# SPDX-License-Identifier: MIT
"""Checks the signatures of requests with botocore: an independent signer's word on every request."""
import calendar
import hmac
import re
import time

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

TOLERANCE_S = 300  # how far a request's date may be off the service's clock

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/,]+)/(\d{8})/([^/,]+)/([^/,]+)/aws4_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})")
MUST_BE_SIGNED = {"host", "x-amz-date", "x-amz-target"}


class WrongSignature(Exception):
    """Why a request's signature is refused."""


class SkewedClock(Exception):
    """The signature is right, and its date is too far off."""


class Verifier:
    """Knows one key, as a service knows its customer's."""

    def __init__(self, access_key_id, secret_access_key, region, service="dynamodb"):
        self.access_key_id = access_key_id
        self.scope = (region, service)
        self.signer = SigV4Auth(Credentials(access_key_id, secret_access_key), service, region)

    def verify(self, method, path, headers, body, now_s):
        """Raises WrongSignature or SkewedClock unless the signature is right at this time. `headers`
        are (name in lower case, value) in the order in which they came."""
        values = dict(headers)
        key, day, region, service, signed, signature = self.parse(values.get("authorization", ""))
        date = values.get("x-amz-date", "")
        if key != self.access_key_id or (region, service) != self.scope or day != date[:8]:
            raise WrongSignature("its scope is not what it should be")
        signed_names = signed.split(";")
        missing = {name for name in values if name.startswith("x-amz-")} | MUST_BE_SIGNED
        missing -= set(signed_names)
        if missing or signed_names != sorted(set(signed_names)):
            raise WrongSignature(f"its list of signed headers is {signed}")
        request = AWSRequest(method=method, url=f"http://{values.get('host', '')}{path}", data=body)
        for name, value in headers:
            if name in signed_names:
                request.headers.add_header(name, value)
        if sorted({name.lower() for name in request.headers.keys()}) != signed_names:
            raise WrongSignature("it signs headers that are not there")
        request.context["timestamp"] = date
        canonical = self.signer.canonical_request(request)
        expected = self.signer.signature(self.signer.string_to_sign(request, canonical), request)
        if not hmac.compare_digest(expected, signature):
            raise WrongSignature(f"botocore signs otherwise; canonical request:\n{canonical}")
        self.check_date(date, now_s)

    @staticmethod
    def parse(authorization):
        found = AUTHORIZATION.fullmatch(authorization)
        if found is None:
            raise WrongSignature("the Authorization header has another form")
        return found.groups()

    @staticmethod
    def check_date(date, now_s):
        try:
            signed_s = calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ"))
        except ValueError:
            raise WrongSignature("X-Amz-Date is no date") from None
        if abs(signed_s - now_s) > TOLERANCE_S:
            raise SkewedClock(f"signed {signed_s - now_s:.0f} s off the service's clock")
