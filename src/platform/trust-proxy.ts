import { BlockList, isIP } from 'node:net';
import { isPrivateAddress } from './special-networks.js';

/**
 * Whether what an address says of whom it speaks for is believed. `hop`: 0 for who is connected, one more for each that is named before
 * it in X-Forwarded-For.
 */
export type TrustProxy = (address: string, hop: number) => boolean;

/** A content network, a load balancer, a proxy on the machine, and as many again. */
const MAX_PROXIES = 8;
const MAX_NETWORKS = 16;

/**
 * Of a count the nearest has to be in a private network: who reaches the service past its proxies is believed nothing.
 * A count given to Fastify itself trusts nobody (lib/request.js of 5.12), as that can't tell.
 * @throws Error what was expected
 */
export function readTrustProxy(given: string): TrustProxy {
  if (/^\d+$/.test(given.trim())) {
    const count = Number(given);
    if (count < 1 || count > MAX_PROXIES)
      throw new Error(`expected 1 to ${MAX_PROXIES} proxies, or their addresses, not “${given}”`);
    return (address, hop) => (hop === 0 ? isPrivateAddress(address) : hop < count);
  }
  const networks = given.split(',').map((one) => one.trim());
  if (networks.length > MAX_NETWORKS)
    throw new Error(`expected at most ${MAX_NETWORKS} addresses and networks, not ${networks.length}`);
  const trusted = new BlockList();
  for (const network of networks) addNetwork(trusted, network);
  return (address) => {
    const family = isIP(address);
    return family !== 0 && trusted.check(address, family === 4 ? 'ipv4' : 'ipv6');
  };
}

function addNetwork(list: BlockList, network: string): void {
  const [address = '', bits, ...rest] = network.split('/');
  const family = isIP(address);
  const most = family === 4 ? 32 : 128;
  const prefix = bits === undefined ? most : Number(bits);
  // A network of everybody would believe everybody.
  const isNetwork = bits === undefined || (/^\d+$/.test(bits) && prefix >= 1 && prefix <= most);
  if (family === 0 || !isNetwork || rest.length > 0)
    throw new Error(`expected how many proxies, or addresses and networks (10.0.0.0/8), not “${network}”`);
  list.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6');
}
