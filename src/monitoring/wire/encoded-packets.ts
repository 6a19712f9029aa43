import { Decoder, Encoder, type Packet } from 'socket.io-parser';

/** JSON that goes into a packet as it is. */
export class EncodedJson {
  constructor(readonly text: string) {}
}

/** Socket.io's own, but for packets whose content is JSON already: those it would look through and write once more. */
class RelayEncoder extends Encoder {
  override encode(packet: Packet): ReturnType<Encoder['encode']> {
    const [name, content] = Array.isArray(packet.data) ? (packet.data as unknown[]) : [];
    if (!(content instanceof EncodedJson)) return super.encode(packet);
    return [`${packet.type}${packet.nsp},[${JSON.stringify(name)},${content.text}]`];
  }
}

/** What a Socket.io server takes as its `parser`; clients need nothing of it. */
export const relayParser = { Encoder: RelayEncoder, Decoder };
