// Talks to CRP-S. All it knows of it are the published schemas: json/ and asyncapi.json.
import { createHash, createHmac, randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import * as kafka from "@platformatic/kafka";
import addFormats from "ajv-formats";
import Ajv from "ajv/dist/2020.js";
import canonicalize from "canonicalize";
import { v5 as uuid } from "uuid";
import { prove } from "./proof.mjs";

/** The contract of one seller's part of an order: whoever asks again arrives at the same id. */
export const contractOf = (upstream, orderId, sellerId) =>
  uuid(`${upstream}/${orderId}/${sellerId}`, uuid("urn:crps:contract", uuid.URL));

/** SHA-256 of the canonical JSON (RFC 8785) of terms: what both parties sign. */
export const digest = (terms) => createHash("sha256").update(canonicalize(terms)).digest("hex");

/** Begins to read what is said of one contract, in messages of these types. */
export async function connect({ broker, upstream, key, environment, contractId, types }) {
  const client = { clientId: upstream, bootstrapBrokers: [broker] };
  const producer = new kafka.Producer({
    ...client,
    idempotent: true,
    serializers: kafka.stringSerializers,
    partitioner: kafka.compatibilityPartitioner, // Java's murmur2, which this client's default is not.
  });
  const consumer = new kafka.Consumer({
    ...client,
    groupId: `${upstream}-${randomUUID()}`, // A group of its own: it shares no partition.
    deserializers: kafka.stringDeserializers,
  });
  const topics = [...new Set(types.flatMap(topicsOf))];
  const stream = await consumer.consume({ topics, mode: "latest", autocommit: false });
  await once(stream, "offsets"); // What comes after anything we say will be read.

  return {
    /** Publishes one message about the contract, checked; with `signer` it bears that proof too. */
    async send(type, id, data, signer) {
      const time = new Date().toISOString();
      const envelope = {
        specversion: "1.0",
        id,
        source: upstream,
        type,
        subject: contractId,
        time,
      };
      const value = JSON.stringify(valid({ ...envelope, data }));
      const headers = {
        type,
        "content-type": "application/cloudevents+json",
        "crps-upstream": upstream,
        "crps-hmac": createHmac("sha256", key).update(value).digest("hex"),
      };
      if (signer) headers["crps-proof"] = prove(value, signer, environment);
      const [topic] = topicsOf(type);
      await producer.send({ messages: [{ topic, key: contractId, value, headers }] });
    },

    /** Yields the contract's messages, each once, though Kafka may deliver it twice. */
    async *messages() {
      const seen = new Set();
      for await (const { key, value, headers } of stream) {
        if (key !== contractId || !types.includes(headers.get("type"))) continue;
        const message = valid(JSON.parse(value));
        if (!seen.has(message.id)) yield message;
        seen.add(message.id);
      }
    },

    close: () => Promise.all([consumer.close(true), producer.close()]),
  };
}

const schemas = new URL("../../schemas/", import.meta.url);
const read = (path) => JSON.parse(readFileSync(new URL(path, schemas)));

const channels = Object.values(read("asyncapi.json").channels);
const topicsOf = (type) => channels.filter((c) => type in c.messages).map((c) => c.address);

const ajv = addFormats(new Ajv());
for (const file of readdirSync(new URL("json/", schemas)))
  ajv.addSchema(read(`json/${file}`), file.replace(/\.json$/, ""));

function valid(message) {
  if (ajv.validate(message.type, message)) return message;
  throw Object.assign(new Error(`${message.type}: ${ajv.errorsText()}`), {
    code: "SCHEMA_VIOLATED",
  });
}
