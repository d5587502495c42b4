import { Socket, type TcpSocketConnectOpts } from 'node:net';
import { isAbsolute } from 'node:path';

/** Stands for a source on the open network: its look-up gives a public address, and its connections end at the server of faults. */
export const publicName = 'source.example';

/**
 * Leads connections to `publicName` to a port of this machine, so that the client under test may be one that reaches nothing private.
 * @returns a list that grows by each address that is connected to elsewhere, but for unix sockets
 */
export function leadSockets(port: number): string[] {
  const elsewhere: string[] = [];
  const connect = Socket.prototype.connect as (this: Socket, ...values: unknown[]) => Socket;
  Socket.prototype.connect = function (this: Socket, ...values: unknown[]): Socket {
    const [first] = values;
    const options = (Array.isArray(first) ? first[0] : first) as Partial<TcpSocketConnectOpts>;
    const isLed = options.host === publicName;
    if (isLed) {
      Object.assign(options, { host: '127.0.0.1', port });
      delete options.lookup;
    }
    this.on('connectionAttempt', (address: string, at: number) => {
      if (!isLed && !isAbsolute(address)) elsewhere.push(`${address}:${at}`);
    });
    return connect.apply(this, values);
  } as typeof Socket.prototype.connect;
  return elsewhere;
}
