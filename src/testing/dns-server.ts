import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { type Answer, decode, encode, type Packet, type Question, streamEncode } from "dns-packet";

/** What a server says to one question. */
export type DnsReply =
  | { readonly kind: "addresses"; readonly addresses: readonly string[]; readonly ttl?: number }
  /** Over UDP only that the answer is too long for it; all of it over TCP. */
  | { readonly kind: "truncated"; readonly addresses: readonly string[] }
  /** By way of these names; without addresses at the end, or in a circle. */
  | { readonly kind: "aliases"; readonly chain: readonly string[]; readonly addresses: readonly string[] }
  | { readonly kind: "code"; readonly code: "NXDOMAIN" | "SERVFAIL" | "REFUSED" }
  | { readonly kind: "none" }
  | { readonly kind: "silence" }
  /** To a question that nobody asked. */
  | { readonly kind: "other question"; readonly addresses: readonly string[] }
  | { readonly kind: "garbage" };

/** Decides for each question; addresses of the family that was not asked for are left out. */
export type DnsScript = (name: string, type: "A" | "AAAA", asked: number) => DnsReply;

/** A DNS server on loopback that says what its script says, over UDP and TCP. */
export interface DnsServer {
  /** `127.0.0.1:port` */
  readonly address: string;
  readonly port: number;
  /** Every question so far, as `UDP A example.org`. */
  readonly questions: readonly string[];
  close(): Promise<void>;
}

export async function startDnsServer(script: DnsScript): Promise<DnsServer> {
  const questions: string[] = [];
  const asked = new Map<string, number>();
  const reply = (message: Buffer, protocol: "UDP" | "TCP"): Buffer | undefined => {
    const packet = decode(message);
    const [question] = packet.questions ?? [];
    if (question === undefined || (question.type !== "A" && question.type !== "AAAA")) return undefined;
    const name = question.name.toLowerCase();
    questions.push(`${protocol} ${question.type} ${name}`);
    const count = (asked.get(`${question.type} ${name}`) ?? 0) + 1;
    asked.set(`${question.type} ${name}`, count);
    return replyTo(packet, question, script(name, question.type, count), protocol);
  };

  const sockets = new Set<Socket>();
  const { udp, tcp, port } = await onOnePort(
    (message, send) => {
      const answer = reply(message, "UDP");
      if (answer !== undefined) send(answer);
    },
    (socket) => {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => sockets.delete(socket));
      framed(socket, (message) => {
        const answer = reply(message, "TCP");
        if (answer !== undefined) socket.write(answer);
      });
    },
  );
  return {
    address: `127.0.0.1:${port}`,
    port,
    questions,
    async close() {
      for (const socket of sockets) socket.destroy();
      const ended = [once(udp, "close"), once(tcp, "close")];
      udp.close();
      tcp.close();
      await Promise.all(ended);
    },
  };
}

/** What is free for the one protocol may be taken for the other: then another port is tried. */
async function onOnePort(
  hear: (message: Buffer, send: (answer: Buffer) => void) => void,
  connect: (socket: Socket) => void,
): Promise<{ readonly udp: DatagramSocket; readonly tcp: Server; readonly port: number }> {
  for (;;) {
    const udp = createSocket("udp4", (message, from) =>
      hear(message, (answer) => udp.send(answer, from.port, from.address)),
    );
    udp.bind(0, "127.0.0.1");
    await once(udp, "listening");
    const { port } = udp.address();
    const tcp = createServer(connect);
    tcp.listen(port, "127.0.0.1");
    const isFree = await once(tcp, "listening").then(
      () => true,
      () => false,
    );
    if (isFree) return { udp, tcp, port };
    udp.close();
  }
}

/** Over TCP each message is led by its length. */
function framed(socket: Socket, take: (message: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      const end = 2 + rest.readUInt16BE(0);
      take(rest.subarray(2, end));
      rest = rest.subarray(end);
    }
  });
}

const [QR, RD_RA, TC] = [1 << 15, (1 << 8) | (1 << 7), 1 << 9];
const CODES = { SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;

function replyTo(
  { id }: Packet,
  question: Question,
  reply: DnsReply,
  protocol: "UDP" | "TCP",
): Buffer | undefined {
  const send = (part: Partial<Packet>, code = 0, tc = 0): Buffer => {
    const flags = QR | RD_RA | tc | code;
    const packet: Packet = {
      type: "response",
      ...(id === undefined ? {} : { id }),
      flags,
      questions: [question],
      ...part,
    };
    return protocol === "TCP" ? streamEncode(packet) : encode(packet);
  };
  switch (reply.kind) {
    case "silence":
      return undefined;
    case "garbage":
      return Buffer.from("no DNS message at all, but something else");
    case "code":
      return send({}, CODES[reply.code]);
    case "none":
      return send({});
    case "other question": {
      const other: Question = { ...question, name: "other.example" };
      return send({ questions: [other], answers: records(other, reply.addresses, 60) });
    }
    case "truncated":
      return protocol === "UDP" ? send({}, 0, TC) : send({ answers: records(question, reply.addresses, 60) });
    case "aliases":
      return send({ answers: aliased(question, reply.chain, reply.addresses) });
    case "addresses":
      return send({ answers: records(question, reply.addresses, reply.ttl ?? 60) });
  }
}

function records({ name, type }: Question, addresses: readonly string[], ttl: number): Answer[] {
  return addresses
    .filter((address) => (type === "AAAA") === address.includes(":"))
    .map((data): Answer => (type === "AAAA" ? { name, type, ttl, data } : { name, type: "A", ttl, data }));
}

function aliased(question: Question, chain: readonly string[], addresses: readonly string[]): Answer[] {
  const names = [question.name, ...chain];
  const links = chain.map((data, i): Answer => ({ name: names[i] ?? "", type: "CNAME", ttl: 30, data }));
  return [...links, ...records({ ...question, name: names.at(-1) ?? "" }, addresses, 60)];
}
