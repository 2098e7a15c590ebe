# SPDX-License-Identifier: MIT
"""Cuts the answers of Cognito's ListUsers into pages, as the service does and cognito-local does not:
that returns all users, whatever Limit and PaginationToken say."""
import json

from faults import Answer, error_answer

LIMIT_MAX = 60
TOKEN = "page from "


def refuse(words):
    return error_answer(400, "InvalidParameterException", words)


def cut(request, answer, size):
    """A page of at most `size` users of an answer that has all of them."""
    limit = request.get("Limit", LIMIT_MAX)
    token = request.get("PaginationToken", TOKEN + "0")
    if not isinstance(limit, int) or not 0 <= limit <= LIMIT_MAX:
        return refuse(f"Limit is from 0 to {LIMIT_MAX}")
    if not token.startswith(TOKEN) or not token[len(TOKEN):].isdigit():
        return refuse("Invalid pagination token")
    if answer.status != 200:
        return answer
    content = json.loads(answer.body)
    first = int(token[len(TOKEN):])
    end = first + min(limit, size)
    if end < len(content["Users"]):
        content["PaginationToken"] = TOKEN + str(end)
    content["Users"] = content["Users"][first:end]
    return Answer(200, json.dumps(content).encode(), answer.headers)
