import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Fault, Mode, Point } from './smtp-modes.js';

/** Before the first message: a fault there belongs to a connection, all others to a message. */
const OF_CONNECTIONS: readonly Point[] = ['connect', 'greeting', 'ehlo', 'starttls', 'auth'];

export interface FaultyServer {
  port: number;
  /** Message-IDs without brackets, in the order in which they were taken: the truth that outcomes are compared with. */
  accepted: string[];
  counts: { connections: number; messages: number };
  close(): Promise<void>;
}

export interface FaultyServerOptions {
  needs?: Mode['needs'];
  fault?: Fault;
  /** The connection or message, from 1 on, that the fault happens to. */
  on?: number;
}

/** An SMTP server on a free port of loopback that works but for one fault, at one connection or message. */
export async function startFaultySmtp({
  needs,
  fault,
  on = 1,
}: FaultyServerOptions = {}): Promise<FaultyServer> {
  const accepted: string[] = [];
  const counts = { connections: 0, messages: 0 };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A client that hangs up is no concern of the server's.
    socket.on('error', () => undefined);
    counts.connections += 1;
    const number = counts.connections;
    converse(socket, {
      needs,
      faultAt: (point) =>
        fault?.at === point && (OF_CONNECTIONS.includes(point) ? number : counts.messages) === on
          ? fault
          : null,
      begin: () => {
        counts.messages += 1;
      },
      accept: (id) => accepted.push(id),
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    accepted,
    counts,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Conversation {
  needs: Mode['needs'];
  faultAt(point: Point): Fault | null;
  begin(): void;
  accept(messageId: string): void;
}

/** What a server in order answers; the dot apart. */
const REPLIES: Record<string, string> = {
  HELO: '250 here',
  STARTTLS: '220 go ahead',
  AUTH: '235 2.7.0 welcome',
  MAIL: '250 2.1.0 ok',
  RSET: '250 2.0.0 ok',
  NOOP: '250 2.0.0 ok',
};

const POINTS: Record<string, Point> = {
  EHLO: 'ehlo',
  STARTTLS: 'starttls',
  AUTH: 'auth',
  MAIL: 'mail',
  RCPT: 'rcpt',
  DATA: 'data',
};

function converse(socket: Socket, { needs, faultAt, begin, accept }: Conversation): void {
  let buffer = '';
  let isReading = false;
  let isOver = false;
  let body: string | null = null;
  let hasRecipient = false;

  const say = (text: string): void => {
    if (!socket.destroyed) socket.write(text, 'latin1');
  };
  /** Whether the fault took the place of an answer. */
  async function fails(point: Point): Promise<boolean> {
    const fault = faultAt(point);
    if (fault === null) return false;
    if (point === 'dot' && fault.takes) accept(idOf(body ?? ''));
    if (fault.dripMs === undefined) say(fault.says ?? '');
    else
      for (const byte of fault.says ?? '') {
        if (socket.destroyed) break;
        say(byte);
        await pause(fault.dripMs);
      }
    if (fault.next !== 'on') isOver = true;
    // What was said arrives before the end does; without a word it is an abrupt one.
    if (fault.next === 'drop') fault.says === undefined ? socket.destroy() : socket.end();
    // A 421 is followed by the end of the connection (RFC 5321, 3.8).
    if (fault.says?.startsWith('421')) socket.end();
    return true;
  }

  function ehlo(): string {
    const offers = {
      pipelining: 'PIPELINING',
      auth: 'AUTH PLAIN',
      starttls: 'STARTTLS',
      large: 'SIZE 10000000',
    };
    // TLS is taken up wherever it is offered, and this server has none.
    const isOffered = needs !== undefined && (needs !== 'starttls' || faultAt('starttls') !== null);
    return ['250-here', ...(isOffered ? [`250-${offers[needs]}`] : []), '250 ENHANCEDSTATUSCODES'].join(
      '\r\n',
    );
  }

  async function command(line: string): Promise<void> {
    const verb = line.slice(0, 8).split(' ')[0]!.trim().toUpperCase();
    if (verb === 'MAIL') {
      begin();
      hasRecipient = false;
    }
    const point = POINTS[verb];
    // Behind a recipient that was refused DATA is refused in its own right.
    const isFollowUp = verb === 'DATA' && !hasRecipient;
    if (point && !isFollowUp && (await fails(point))) return;
    if (verb === 'RCPT') hasRecipient = true;
    if (verb === 'EHLO') say(`${ehlo()}\r\n`);
    else if (verb === 'RCPT') say('250 2.1.5 ok\r\n');
    else if (verb === 'QUIT') socket.end('221 2.0.0 bye\r\n');
    else if (verb === 'DATA') {
      say(isFollowUp ? '503 5.5.1 no recipients\r\n' : '354 go ahead\r\n');
      if (!isFollowUp) body = '';
    } else say(`${REPLIES[verb] ?? '500 5.5.2 what?'}\r\n`);
  }

  /** One command, or the message as far as it came; false where more has to come in. */
  async function step(): Promise<boolean> {
    if (body !== null) {
      if (buffer === '') return false;
      if (body === '' && (await fails('body'))) return true;
      body += buffer;
      buffer = '';
      const end = body.indexOf('\r\n.\r\n');
      if (end < 0) return false;
      buffer = body.slice(end + 5);
      body = body.slice(0, end + 2);
      if (!(await fails('dot'))) {
        accept(idOf(body));
        say('250 2.0.0 taken\r\n');
      }
      body = null;
      return true;
    }
    const end = buffer.indexOf('\r\n');
    if (end < 0) return false;
    const line = buffer.slice(0, end);
    buffer = buffer.slice(end + 2);
    await command(line);
    return true;
  }

  async function read(): Promise<void> {
    if (isReading) return;
    isReading = true;
    while (!isOver && (await step()));
    isReading = false;
  }

  socket.on('data', (chunk) => {
    if (isOver) return;
    buffer += chunk.toString('latin1');
    void read();
  });
  void (async () => {
    if (await fails('connect')) return;
    if (!(await fails('greeting'))) say('220 here ESMTP\r\n');
  })();
}

function idOf(message: string): string {
  return /^message-id:\s*<([^>]*)>/im.exec(message)?.[1] ?? '';
}
