// A shop: it places an order, releases the money once it is held, and reads what was settled.
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { connect, contractOf, digest } from "./crps.mjs";

const quit = (code, detail) => (console.error(`${code}: ${detail}`), process.exit(1));
process.on("uncaughtException", (error) => quit(error.code ?? error.name, error.message));

const [broker, upstream, key] = ["CRPS_KAFKA", "CRPS_UPSTREAM", "CRPS_UPSTREAM_KEY"].map(
  (name) =>
    process.env[name] || quit("ENVIRONMENT_INCOMPLETE", `${name} is not set; see README.md.`),
);
const { values: options } = parseArgs({
  options: {
    "release-as": { type: "string", default: "payer" },
    patience: { type: "string", default: "60" },
    signed: { type: "boolean", default: false },
  },
});

const total = "14755"; // in fen
const yuan = (fen) => `${fen.padStart(3, "0").replace(/..$/, ".$&")} CNY`;
const terms = {
  version: 1,
  payer: { party: "buyer-3", account: "auto-buyer-3" }, // The sandbox bank pays "auto-" at once.
  payee: { party: "seller-7", account: "account-seller-7" },
  asset: "CNY/2",
  tranches: [{ amount: total, period: { unit: "exact", duration_ms: 7 * 24 * 3600 * 1000 } }],
  odd_unit: "payee",
  dispute: { period_ms: 3 * 24 * 3600 * 1000, silence_rule: true, ending: "to_payee" },
  budget: { acts: 100, proposals: 8 },
  rail: { name: "sandbox", minimum: "1", partial: "many", margin_hours: 0 },
  proof: "upstream",
  text_digest: digest("The text that both parties have read."),
};
const roles = ["payer", "payee"];
const keys = {}; // A shop has none of them: these two stand in for the parties' own devices.
if (options.signed) {
  terms.proof = "signature";
  for (const role of roles) {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    keys[role] = privateKey;
    terms[role].key = publicKey.export({ format: "jwk" }).x;
  }
}
const releaser = terms[options["release-as"]]?.party;
if (!releaser || !(options.patience > 0))
  quit("USAGE", "node shop.mjs [--release-as payer|payee] [--patience SECONDS] [--signed]");

const inWords = {
  "crps.contract.accepted.v1": () => "both have accepted, and the payer's bank is asked",
  "crps.contract.effective.v1": (it) =>
    `${yuan(it.total)} is held, for the payee from ${it.tranches[0].deadline_at}`,
  "crps.funds.attributed.v1": (it) => `${yuan(it.money.amount)} is the ${it.to}'s, by ${it.cause}`,
  "crps.settlement.instructed.v1": (it) =>
    `the bank shall pay ${yuan(it.money.amount)} to ${it.creditor_account}`,
  "crps.contract.closed.v1": (it) =>
    `${yuan(it.payee)} has arrived at the payee, ${yuan(it.payer)} at the payer`,
  "crps.command.refused.v1": (it) => `no to ${it.command_id}`,
};
const orderId = `order-${randomUUID()}`;
const contractId = contractOf(upstream, orderId, terms.payee.party);
const environment = process.env.CRPS_ENVIRONMENT || "sandbox";
const deal = { broker, upstream, key, environment, contractId, types: Object.keys(inWords) };
const crps = await connect(deal).catch((error) =>
  quit("KAFKA_FAILED", `${broker}: ${error.message}`),
);

console.log(`${orderId} of ${upstream} with ${terms.payee.party}: contract ${contractId}`);
const signed = {
  terms_version: 1,
  terms_digest: digest(terms),
  consent: "subjective_and_automatic",
};
await crps.send("crps.order.placed.v1", `${contractId}/order`, {
  order_id: orderId,
  terms,
  offer_expires_at: new Date(Date.now() + 10 * 60 * 1000).toISOString(),
  acceptances: options.signed ? [] : roles.map((role) => ({ party: terms[role].party, ...signed })),
});
console.log(`-> crps.order.placed.v1: ${yuan(total)}${options.signed ? "" : ", accepted by both"}`);
for (const role of options.signed ? roles : []) {
  const acceptance = { party: terms[role].party, ...signed };
  await crps.send("crps.contract.accept.v1", `${contractId}/accept`, acceptance, keys[role]);
  console.log(`-> crps.contract.accept.v1: ${terms[role].party} accepts, signed`);
}

const heard = {};
const giveUp = setTimeout(() => {
  const last = Object.keys(heard).at(-1);
  const why = last
    ? `nothing came after ${last}: does every service run?`
    : "no word came: either no service runs, or the order was set aside as not ours " +
      "(HMAC_INVALID, UPSTREAM_UNKNOWN): check CRPS_UPSTREAM and CRPS_UPSTREAM_KEY.";
  quit("NO_ANSWER", `In ${options.patience} s ${why}`);
}, options.patience * 1000);

for await (const { type, data } of crps.messages()) {
  heard[type] = data;
  console.log(`<- ${type}: ${inWords[type](data)}`);
  if (type === "crps.command.refused.v1") {
    const allowed = data.allowed.map((it) => it.command + (it.until ? ` until ${it.until}` : ""));
    quit(data.code, `${data.detail} Allowed now: ${allowed.join(", ") || "nothing"}.`);
  }
  if (type === "crps.contract.effective.v1") {
    const release = { party: releaser, amount: "ALL" };
    const signer = keys[options["release-as"]];
    await crps.send("crps.funds.release.v1", `${contractId}/release`, release, signer);
    console.log(`-> crps.funds.release.v1: ${releaser} releases all of it`);
  }
  const settlement = heard["crps.settlement.instructed.v1"];
  const end = heard["crps.contract.closed.v1"];
  if (!settlement || !end) continue; // They stand on two topics: either may be read first.
  if (settlement.money.amount !== total || end.payee !== total || end.payer !== "0")
    quit("AMOUNTS_DIFFER", `${yuan(total)} should have been settled.`);
  console.log(`settled: ${yuan(total)} to ${settlement.creditor_account}, as ordered`);
  break;
}
clearTimeout(giveUp);
await crps.close();
