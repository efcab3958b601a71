/** What stands between a figure and its goal, as far as profiles have shown; printed beside a goal that is missed. */
export const NOTES: Readonly<Record<string, string>> = {
  'deliver.cpu.vsNaive':
    'Seventeen SDK calls for a hundred deliveries are most of it: four of claims, three of slots, ten of completions. A call has lost a third of its cost already (a logger nobody sets, the user agent, bodies read through collectors of streams).',
  'deliver.single.vsNaive':
    'Five SDK calls for ten deliveries, three of them slots of one destination each. Booking several scopes in one call would need statements that also create items, which PartiQL updates do not.',
  'deliver.cpu.withPost.vsNaive':
    'A post over our own client on node:http costs about as much as all the rest of a delivery.',
  'routes1000.vsJsonRulesEngine':
    'An event costs 1 to 3 us: its members are walked, and each value that a rule asks for is looked up by equality, by each length of prefix, by range. The walk and the look-ups share the cost evenly, so that no single one of them is the cause. Remembering the answer of an event that one route wants brought nothing.',
  'routes1000.vsJsonLogic': 'As for json-rules-engine.',
  'ingest100.vsJsonParse':
    'Of a profile that had the statements for the tables in it, the hashes of canonical texts were 17 %, the schemas 14 %, the packs 9 % and our own JSON reader, which looks for duplicate names and depth, 7 %. A canonical text built in loops was a fifth cheaper, which is too little to be seen here.',
  'ingest100.vsNaive': 'As beside JSON.parse; the naive stack does without most of these checks.',
  'emf.cpu.vsNaive': 'Powertools takes the hundred latencies of a batch one by one.',
  'sign.vsStandardwebhooks':
    'What is left is the HMAC of OpenSSL itself, with a key object and no copy of the content. Two plain hashes with prepared pads are not faster.',
  'core.fanoutPerSecond.vsNova':
    'Of a profile, the walk over the members of the event is a fifth, garbage a sixth, the look-up and the answer the rest; a bus that looks at a name only does none of it. Remembering the answer of a route brought nothing.',
  'cold.cpu.vsNaiveBundled': 'Not looked into further than `load/cold-start.ts` does.',
  'cold.cpu.vsNaiveUnbundled': 'As for the bundled one.',
  'aws.writeUnits.single':
    'Single events bring batches of few deliveries to a sender, and each of these pays for a completion record of its own; the event and its fan-out record are shared by three deliveries only.',
  'aws.writeUnits.packed':
    'The record of an event is written for each event, however many come in one post: a third of a unit for each of three deliveries.',
  'cost.single.perMillion':
    'Computing is priced by the time of the invocations on this machine, with what others did to it.',
  'cost.batch.perMillion': 'As for single events.',
};
