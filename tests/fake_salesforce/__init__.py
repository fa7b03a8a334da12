"""A fake Salesforce: a real HTTP server with the behaviours of a real organisation that the connector relies on.

It encodes vendor documentation and general knowledge. **It was never compared with a real organisation.** What rests on general
knowledge alone, and should be the first to be checked with a developer organisation (``leadq crm verify``):

- the shape of ``sf__Error`` (``CODE:message:fields --``) and of all messages; the codes ``DUPLICATE_VALUE`` for an id twice in a
  file or a call, ``INVALID_TYPE_ON_FIELD_IN_RECORD``, ``NUMBER_OUTSIDE_VALID_RANGE``, ``INVALID_CSV`` (made up) for a space beside
  a quote, ``INVALIDJOBSTATE`` for a second upload and for a wrong change of state, ``FILE_SIZE_EXCEEDED``, ``EXCEEDED_ID_LIMIT``;
- that a second ``PUT`` to a job is refused, that results are refused (400) before a job has ended and answer 404 after seven days;
- that a row of another length than the header, an open quote or text that is no UTF-8 fails the whole job;
- that a job's rows survive an abort exactly up to the last row that was applied;
- that both spellings ``unprocessedrecords`` and ``unprocessedRecords`` work;
- that a lead whose row is locked, deleted, merged or converted is refused with exactly the codes used here;
- that one value of a wrong type in a Collections call refuses the whole call (``JSON_PARSER_ERROR``), an unknown field its row;
- that REST writes moments with ``+0000`` and Bulk with ``Z``, that text is never trimmed and numbers are never rounded;
- that a spent quota refuses every call, that signing in does not count, and the order: token first, then quota;
- all states of a bulk query, and its empty result (a header alone).

Left out: insert, delete and hardDelete jobs; subqueries and ``OR`` in SOQL, and that SOQL compares text without regard to case;
relationship fields, field-level rights of different users, triggers and flows, sharing, multipart jobs, compression of bodies.

Begin with :func:`tests.fake_salesforce.server.running` and :func:`tests.fake_salesforce.session.session_to`.
"""
