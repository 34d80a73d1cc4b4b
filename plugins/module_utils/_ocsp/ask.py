# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions to responders, each answer judged as it comes."""

from __future__ import annotations

import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._as_user import Identity
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.answer import MAXIMUM_BODY
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.pool import Limits, Question, ask_each
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.query import prepare, result_of
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.verdict import Rules

# Of what is too large anyway, as much is kept as it takes to tell what it is.
_KEPT = 65536


def ask_and_judge(
    given: t.Sequence[t.Mapping[str, t.Any]],
    *,
    engine: str,
    rules: Rules,
    timeout: float,
    total_timeout: float,
    proxy_url: str | None = None,
    identity: Identity | None = None,
) -> list[dict[str, t.Any]]:
    """Return the results in the order of the questions; each answer is judged and forgotten as it comes.

    A question has `certificate`, `issuer` and `responder` (the last two may be None). `timeout` is for one question,
    `total_timeout` for all of them, in seconds. `identity` is who asks; None is this process.
    """
    queries = [prepare(query, proxy_url=proxy_url, engine=engine) for query in given]
    askable = [index for index, query in enumerate(queries) if query.question is not None]
    keep = max(rules.max_size, _KEPT) if rules.max_size else MAXIMUM_BODY
    limits = Limits(timeout=timeout, total=total_timeout, keep=keep)
    responses: list[dict[str, t.Any] | None] = [None] * len(queries)
    questions = [t.cast(Question, queries[index].question) for index in askable]
    for number, outcome in ask_each(questions, limits=limits, identity=identity):
        index = askable[number]
        responses[index] = result_of(queries[index], outcome, rules=rules, identity=identity)
    return [
        response or result_of(query, None, rules=rules, identity=identity)
        for query, response in zip(queries, responses)
    ]
