/** What stands between a figure and its goal, as far as profiles have shown; printed beside a goal that is missed. */
export const NOTES: Readonly<Record<string, string>> = {
  'deliver.cpu.vsNaive':
    'Seventeen SDK calls for a hundred deliveries are most of it: four of claims, three of slots, ten of completions. A call costs a third of what it did: steps put in order once, JSON in place of schemas, one signer, one endpoint.',
  'deliver.single.vsNaive':
    'Five SDK calls for ten deliveries, three of them slots of one destination each. Calls cost a third of what they did, which is 1.5 times for the whole. Booking several scopes in one call would need statements that create items and answer old ones, which PartiQL updates in a batch do not; the rest is spread over parsing, booking, metrics and a log line, each a few hundredths.',
  'deliver.cpu.withPost.vsNaive':
    'A post over our own client on node:http is a third of a delivery, most of it inside Node.',
  'routes1000.vsJsonRulesEngine':
    'Two to two and a half times as fast as it was. By a profile a quarter of an event is the walk over its fourteen members, a fifth the letters of its two texts with beginnings, a sixth three look-ups in maps, the rest ranges, marks, tests and the way between them. A bare loop over the names is half of the walk, and a bare look-up in a map 11 ns: five times less would have to leave out one of them. Code made for the paths that are asked would save a fifth, and overlook a path that is spelled in one name.',
  'routes1000.vsJsonLogic': 'As for json-rules-engine.',
  'ingest100.vsJsonParse':
    'It was 39, and is a quarter of that. JSON.parse itself, the look for what it lets pass (0.55), the hashes of the identities (0.7) and the events as JSON (1.3, since an event is twice as long as its alert) are 3.8 with bytes and text of the body. What is left is spread: checks 0.5, events 0.5, packs 0.5, records 0.7, answer and log line 0.3, HTTP and key 0.4, and cold memory and garbage, which no step shows by itself.',
  'ingest100.vsNaive':
    'As beside JSON.parse: it was 0.67, and the naive stack does without most of these checks.',
  'sign.vsStandardwebhooks':
    'What is left is the HMAC of OpenSSL itself, with a key object: more than half is making its object. Two plain hashes with prepared pads are 1.04 to 1.39 times as fast, which is no reason for an HMAC of our own. The buffers of the library are freed while we have our turn; in another order of turns the ratio was 4.7.',
  'core.fanoutPerSecond.vsNova':
    'The walk over the members of the event is half of it; a bus that looks at a name only does without. It was 2.5 times as fast as at first by making the answer of a route once, and is 1.6 times as fast as that by making nothing for an event.',
  'cold.cpu.vsNaiveBundled':
    'By a profile a third is Node itself, a sixth the modules of Node that TLS and streams need, an eighth compiling the bundle. The bundle is 17 KiB smaller than it was; nothing of what it executes stands out.',
  'cold.cpu.vsNaiveUnbundled': 'As for the bundled one.',
  'aws.writeUnits.single':
    'A claim is 1.00, event and fan-out record are 0.33 each, completion records 0.24: single events bring batches of few deliveries to a sender, and each of these pays for a record of its own. A post with an idempotency key pays 0.33 more.',
  'aws.writeUnits.packed':
    'A claim is 1.00, the event 0.33 however many come in one post, completion records 0.10. What is above that is records that fan-out wrote because ingest was slow, and completions of a sender so slow that a second passed before ten were done.',
  'cost.single.perMillion':
    'Without computing it is 2.7: 1.18 of writes (three claims, event, fan-out record, completions), 0.72 of queue requests and 0.15 of runs, since single events make batches of one or two, 0.33 of posts. Batches that gather for a second would spare half of the last but the posts, at the price of that second. Computing is priced by the time of the invocations on this machine, with what others did to it.',
  'cost.single.vsNaive':
    'Both are counted in turns of one run. Of the 2.8 dollars all but 0.2 are counted calls, units and bytes, and so is most of the 5.4 of the naive stack. A third of that is 1.8: less than the writes that the protocol promises and the requests of two queues cost together.',
  'cost.batch.perMillion':
    'Without computing it is 1.20: 0.92 are 1.47 write units, of which the protocol allows no less. Computing as for single events.',
};
