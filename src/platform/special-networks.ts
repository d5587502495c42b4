import { BlockList, isIP } from 'node:net';

/** Of IPv4 what isn't an address of the open network (IANA, special-purpose address registry; RFC 6890). */
const SPECIAL_V4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...[
    '192.0.0.0/24',
    '192.0.2.0/24',
    '192.31.196.0/24',
    '192.52.193.0/24',
    '192.88.99.0/24',
    '192.168.0.0/16',
  ],
  ...['192.175.48.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
];

/** Of IPv6's global unicast what isn't either: protocol assignments with Teredo, documentation, and 6to4, which holds an IPv4 address. */
const SPECIAL_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'];

const special = listOf([...SPECIAL_V4, ...SPECIAL_V6]);
const mapped = listOf(['::ffff:0:0/96']);
/** All else of IPv6 is loopback, link-local, unique local, multicast, translated or not given to anybody. */
const globalUnicast = listOf(['2000::/3']);

/** Whose addresses name nobody outside of them: this machine, its links, and what sites and carriers give out inside. */
const privateNetworks = listOf([
  ...['10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'],
  ...['::1/128', 'fc00::/7', 'fe80::/10'],
]);

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** Whether an address belongs to a private or otherwise special network; what is no address does. */
export function isSpecialAddress(address: string): boolean {
  // A zone (`fe80::1%eth0`) makes an address one of this machine's own links.
  if (address.includes('%')) return true;
  const version = isIP(address);
  if (version === 0) return true;
  if (version === 4) return special.check(address, 'ipv4');
  // Of an IPv4 address in IPv6's clothes the list looks at what it holds.
  if (mapped.check(address, 'ipv6')) return special.check(address, 'ipv6');
  return !globalUnicast.check(address, 'ipv6') || special.check(address, 'ipv6');
}

/** Whether it is an address, without a zone, that others may have in networks of their own. */
export function isPrivateAddress(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && privateNetworks.check(address, version === 4 ? 'ipv4' : 'ipv6');
}
