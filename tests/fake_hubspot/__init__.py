"""A fake HubSpot: a real HTTP server with the behaviours of a real account that the connector relies on.

It encodes vendor documentation and general knowledge. **It was never compared with a real account.** What should be the first to be
checked with a developer's test account:

- which mistakes of a row refuse the whole batch (400: a value that the property does not take) and which its row alone (207: a
  record that is not there); ``account.judges_rows`` turns the first into the second;
- that a record merged into another is read, and written, as the one that survived, under the survivor's id;
- that ``hs_merged_object_ids`` of the survivor names it (joined by ``;``), and that this property has a history too;
- the names of categories and codes (``VALIDATION_ERROR``, ``OBJECT_NOT_FOUND``, ``INVALID_OPTION``, ``PROPERTY_DOESNT_EXIST``,
  ``READ_ONLY_VALUE``) and the texts around them; ``context.ids`` and ``context.objectWriteTraceId`` of an error;
- that a history holds at most 45 versions of a contact's property and 20 of any other, newest first;
- that 50 records come with history at once and 100 without, in a batch and in a list alike;
- that a list leaves out properties that are not there, and names associations that do not fit as a page of their own;
- that a value that is no text is refused, and that an unchanged value makes no new version.

Left out: search (of 10,000 results at most, so that nothing here asks it), upsert, create and archive of records by API, owners,
forms, lists, webhooks, scopes, and that workflows react to a write.

Begin with :func:`tests.fake_hubspot.server.running`; what goes wrong is scripted with :mod:`tests.fake_salesforce.faults`.
"""
