// SPDX-License-Identifier: MIT
// Makes calls with the JavaScript SDK, and tells the processor time that they take, garbage
// collection and compilation included.
//
// Argument: the service's URL. The first line of the standard input names the calls,
// {"page": [{"operation": "Query", "input": {...}}], "append": [...]}; each line after it is
// "page 100" or "append 100", and is answered with the microseconds that one took.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import * as dynamodb from "@aws-sdk/client-dynamodb";

const WARM_UP = 1000; // until the code that matters is compiled

const client = new dynamodb.DynamoDBClient({ endpoint: process.argv[2] });

async function run(calls, count) {
  const started = process.cpuUsage();
  for (let i = 0; i < count; i++) {
    for (const { Command, input } of calls) {
      await client.send(new Command(input));
    }
  }
  const used = process.cpuUsage(started);
  return (used.user + used.system) / count;
}

let calls;
for await (const line of createInterface({ input: process.stdin })) {
  if (calls === undefined) {
    calls = JSON.parse(line);
    for (const what of Object.keys(calls)) {
      calls[what] = calls[what].map(({ operation, input }) => ({
        Command: dynamodb[`${operation}Command`],
        input,
      }));
      await run(calls[what], WARM_UP);
    }
    const { version } = createRequire(import.meta.url)("@aws-sdk/client-dynamodb/package.json");
    console.log(`@aws-sdk/client-dynamodb ${version}, Node.js ${process.versions.node}`);
  } else {
    const [what, count] = line.split(" ");
    console.log(await run(calls[what], Number(count)));
  }
}
client.destroy();
