#!/usr/bin/env node
import { Command, InvalidArgumentError, Option } from 'commander';
import { type CommandContext, exitCodes, runCommand } from './cli/run-command.js';
import { addSourcesCommands } from './cli/sources-program.js';
import { inputFormats } from './ingest/format-names.js';
import { periodNames } from './papers/period.js';
import { settingsHelp } from './platform/config.js';
import { DEFAULT_RECOMMENDED, MAX_RECOMMENDED, recommendSorts } from './recommendations/request.js';
import { listingSorts } from './search/listings.js';
import { DEFAULT_LIMIT, MAX_LIMIT, searchModes, sortOrders } from './search/request.js';
import { version } from './version.js';

// Each command loads its own code when it is called: all of it together costs half a second.
const ingest = () => import('./cli/ingest-command.js');
const search = () => import('./cli/search-command.js');
const recommend = () => import('./cli/recommend-command.js');
const profile = () => import('./cli/profile-command.js');
const digests = () => import('./cli/digest-command.js');
const digestPreview = () => import('./cli/digest-preview-command.js');
const listings = () => import('./cli/listing-command.js');
const status = () => import('./cli/status-command.js');
const models = () => import('./cli/model-command.js');
const reindex = () => import('./cli/reindex-command.js');
const doctor = () => import('./cli/doctor-command.js');
const mailDoctor = () => import('./cli/doctor-mail-command.js');
const papers = () => import('./cli/papers-command.js');
const keys = () => import('./cli/key-command.js');
const server = () => import('./server.js');

/** As the API's. */
const DEFAULT_RELATED = 10;

const json = () => new Option('--json', 'print the result as JSON').default(false);
const command = (work: (context: CommandContext) => Promise<void>) => runCommand(work, { quiet: true });

const program = new Command('quire')
  .description('Research papers: take listings in, search by meaning, find related ones.')
  .version(version)
  .configureHelp({ showGlobalOptions: true })
  .exitOverride((error) => {
    process.exit(error.exitCode === 0 ? 0 : exitCodes.usage);
  })
  .addHelpText('after', `\nSettings (environment):\n${settingsText()}`);

program
  .command('serve')
  .description('run the service; listings named here are taken in on the way up')
  .argument('[files...]', 'listings: files, folders, - for standard input')
  .addOption(asOfOption())
  .action((files: string[], { asOf }: { asOf?: string }) =>
    runCommand(
      async ({ config, log, signal }) => {
        const { serve } = await server();
        await serve({ config, log, files, asOf, out: process.stdout, stdin: process.stdin, signal });
      },
      { quiet: false },
    ),
  );

program
  .command('ingest')
  .description(
    'take papers in: a Hugging Face papers page (text or HTML), XML of arXiv, JSON lines, BibTeX, RIS, CSL JSON or CSV; gzip is recognised',
  )
  .argument('<files...>', 'files, folders, - for standard input, http and https addresses')
  .addOption(asOfOption())
  .addOption(
    new Option('--format <format>', 'what the files are; by their content when not given').choices(
      inputFormats,
    ),
  )
  .option('--no-embed', 'leave the embedding to the service')
  .addOption(json())
  .action((files: string[], options) =>
    command(async (context) => (await ingest()).ingestCommand(files, options, context)),
  );

const papersCommand = program
  .command('papers')
  .description('look at what sources said of a paper; undo a wrong merge');

papersCommand
  .command('show')
  .description('a paper, where each of its fields came from, and the records that it is made of')
  .argument('<id>', 'any spelling of an arXiv id or DOI, or the id that Quire shows')
  .addOption(json())
  .action((id: string, options) =>
    command(async (context) => (await papers()).showPaperCommand(id, options, context)),
  );

papersCommand
  .command('split')
  .description('take records out of a paper into one of their own; the two are never united again')
  .argument('<id>', 'the paper')
  .requiredOption('--records <refs...>', 'records that `quire papers show` lists')
  .addOption(json())
  .action((id: string, options) =>
    command(async (context) => (await papers()).splitPaperCommand(id, options, context)),
  );

addSourcesCommands(program, { command, json });

program
  .command('search')
  .description('search papers')
  .argument('<words...>', 'what to look for')
  .addOption(limitOption(DEFAULT_LIMIT, MAX_LIMIT))
  .addOption(new Option('--mode <mode>', 'how to search; hybrid when not given').choices(searchModes))
  .addOption(new Option('--sort <order>', 'relevance when not given').choices(sortOrders))
  .option('--explain', 'say of each hit why it stands where it does')
  .addOption(json())
  .action((words: string[], options) =>
    command(async (context) => (await search()).searchCommand(words, options, context)),
  );

program
  .command('related')
  .description('papers near to a paper')
  .argument('<id>', 'any id of the paper: arXiv id, DOI, title id, URL')
  .addOption(limitOption(DEFAULT_RELATED, MAX_RECOMMENDED))
  .addOption(new Option('--sort <order>', 'similar when not given').choices(recommendSorts))
  .addOption(diversityOption())
  .option('--since <time>', 'published in the last days, weeks, months or years: 30d')
  .option('--why', 'say of each paper why it is there')
  .addOption(json())
  .action((id: string, options) =>
    command(async (context) =>
      (await recommend()).recommendCommand({ like: [id], unlike: [], ...options }, context),
    ),
  );

program
  .command('recommend')
  .description('papers like some and unlike others')
  .argument('[ids...]', 'papers that results are to be like: ids, DOIs, URLs')
  .addOption(new Option('--text <texts...>', 'texts that they are to be like').default([]))
  .addOption(new Option('--unlike <ids...>', 'papers that they are to be unlike').default([]))
  .addOption(limitOption(DEFAULT_RECOMMENDED, MAX_RECOMMENDED))
  .addOption(new Option('--sort <order>', 'similar when not given').choices(recommendSorts))
  .addOption(diversityOption())
  .option('--since <time>', 'published in the last days, weeks, months or years: 30d')
  .option('--why', 'say of each paper why it is there')
  .addOption(json())
  .action((like: string[], options) =>
    command(async (context) => (await recommend()).recommendCommand({ like, ...options }, context)),
  );

program
  .command('listing')
  .description('papers of a day, a week or a month')
  .argument('[date]', '2026-11-20, 2026-W47 or 2026-11; the last one that has papers when not given')
  .addOption(
    new Option('--period <period>', 'what to list; as the date is written when not given').choices(
      periodNames,
    ),
  )
  .addOption(new Option('--sort <order>', 'upvoted when not given').choices(listingSorts))
  .addOption(limitOption(DEFAULT_LIMIT, MAX_LIMIT))
  .addOption(json())
  .action((date: string | undefined, options) =>
    command(async (context) => (await listings()).listingCommand(date, options, context)),
  );

program
  .command('trending')
  .description('papers that are talked about now')
  .addOption(limitOption(DEFAULT_LIMIT, MAX_LIMIT))
  .addOption(json())
  .action((options) => command(async (context) => (await listings()).trendingCommand(options, context)));

program
  .command('profile')
  .description('what is like a person’s own papers: BibTeX, RIS, CSL JSON (Zotero), or a list of ids')
  .argument('<files...>', 'libraries: files, folders, - for standard input')
  .option('--added-since <day>', 'only papers that came in on this day or later: 2026-11-20')
  .option('--since <time>', 'published in the last days, weeks, months or years: 30d')
  .addOption(
    new Option('--format <format>', 'what the files are; shows in their first bytes').choices(inputFormats),
  )
  .addOption(limitOption(DEFAULT_RECOMMENDED, MAX_RECOMMENDED))
  .addOption(new Option('--sort <order>', 'similar when not given').choices(recommendSorts))
  .addOption(diversityOption())
  .option('--why', 'say of each paper why it is there')
  .addOption(json())
  .action((files: string[], options) =>
    command(async (context) => (await profile()).profileCommand(files, options, context)),
  );

const digest = program.command('digest').description('digests by mail and webhook: send, look, send again');
digest
  .command('run')
  .description(
    'prepare and send what is due now; beside a service that one does it, and its result is waited for',
  )
  .addOption(json())
  .action((options) => command(async (context) => (await digests()).digestRunCommand(options, context)));
digest
  .command('preview')
  .description('what a subscription would have sent on each of the last days')
  .argument('[words...]', 'its query; none: all of the day’s papers')
  .addOption(new Option('--like <ids...>', 'papers like these, instead of a query').default([]))
  .addOption(new Option('--days <n>', 'how far back').choices(['14', '30']).default('14'))
  .option('--hour <hour>', 'when, 0 to 23', Number, 8)
  .option('--time-zone <zone>', 'IANA', 'UTC')
  .option('--cap <n>', 'papers of a day at most', Number, 10)
  .addOption(json())
  .action((words: string[], { days, ...options }) =>
    command(async (context) =>
      (await digestPreview()).digestPreviewCommand(words, { ...options, days: Number(days) }, context),
    ),
  );
digest
  .command('status')
  .description('the last runs, how many digests are in each state, and those that need somebody')
  .addOption(json())
  .action((options) => command(async (context) => (await digests()).digestStatusCommand(options, context)));
digest
  .command('resend')
  .description('send uncertain or failed digests again, perhaps a second time; try deferred ones now')
  .argument('[ids...]', 'as `quire digest status` lists them')
  .option('--deferred', 'all that were put off, as after an outage', false)
  .addOption(json())
  .action((ids: string[], options) =>
    command(async (context) => (await digests()).digestResendCommand(ids, options, context)),
  );
digest
  .command('webhooks')
  .description('where digests are posted, what of, and until when they are paused')
  .addOption(json())
  .action((options) => command(async (context) => (await digests()).digestWebhooksCommand(options, context)));
digest
  .command('suppressed')
  .description('addresses to which nothing is sent because their server refused them, since when and why')
  .option('--remove <address>', 'send to this one again')
  .addOption(json())
  .action((options) =>
    command(async (context) => (await digests()).digestSuppressedCommand(options, context)),
  );

program
  .command('status')
  .description('what is there, what waits, and what was taken in last')
  .addOption(json())
  .action((options) => command(async (context) => (await status()).statusCommand(options, context)));

const examine = program
  .command('doctor')
  .description('look at everything that search rests on; exit code 1 where something is wrong')
  .addOption(json())
  .action((options) => command(async (context) => (await doctor()).doctorCommand(options, context)));
examine
  .command('mail')
  .description('instead: look at what mails rest on: the server, the signature, SPF, DKIM and DMARC records')
  .addOption(toOption())
  // --json is the doctor's.
  .action((_, own: Command) =>
    command(async (context) => (await mailDoctor()).doctorMailCommand(own.optsWithGlobals(), context)),
  );

program
  .command('reindex')
  .description('build the vector index anew from the database; the present one answers meanwhile')
  .option('--failed', 'instead: try the texts again that could not be embedded', false)
  .addOption(json())
  .action((options) => command(async (context) => (await reindex()).reindexCommand(options, context)));

const model = program.command('model').description('the embedding model');
const wait = () => new Option('--wait', 'until the switch is done').default(false);
model
  .command('use')
  .argument('<model>', 'a folder, or an id such as Xenova/bge-small-en-v1.5')
  .description('embed everything with another model in the background, and switch when that is complete')
  .addOption(wait())
  .addOption(json())
  .action((ref: string, options) =>
    command(async (context) => (await models()).useModelCommand(ref, options, context)),
  );
model
  .command('back')
  .description('switch back to the model before')
  .addOption(wait())
  .addOption(json())
  .action((options) => command(async (context) => (await models()).previousModelCommand(options, context)));
model
  .command('list')
  .description('the models that vectors are stored of')
  .addOption(json())
  .action((options) => command(async (context) => (await models()).listModelsCommand(options, context)));
model
  .command('drop')
  .argument('<id>', 'as in `quire model list`')
  .description('delete the vectors of a model that is not in use')
  .addOption(json())
  .action((id: string, options) =>
    command(async (context) => (await models()).dropModelCommand(id, options, context)),
  );

const key = program.command('key').description('keys for the write API');
key
  .command('create')
  .argument('[name]', 'what to call it', 'unnamed')
  .description('make a key and show it this once')
  .addOption(json())
  .action((name: string, options) =>
    command(async (context) => (await keys()).createKeyCommand(name, options, context)),
  );
key
  .command('list')
  .description('the keys that are valid')
  .addOption(json())
  .action((options) => command(async (context) => (await keys()).listKeysCommand(options, context)));
key
  .command('revoke')
  .argument('<name>')
  .description('make every key of that name invalid')
  .addOption(json())
  .action((name: string, options) =>
    command(async (context) => (await keys()).revokeKeyCommand(name, options, context)),
  );

function toOption(): Option {
  return new Option('--to <address>', 'send a mail there to try it').argParser((text) => {
    if (/^[^\s@<>,;]+@[^\s@<>,;]+$/.test(text)) return text;
    throw new InvalidArgumentError('expected an address such as you@example.org');
  });
}

function asOfOption(): Option {
  const about =
    'the day on which the listings were saved (YYYY-MM-DD), for dates without a year; today when not given';
  return new Option('--as-of <day>', about).argParser((text) => {
    const day = new Date(`${text}T00:00:00Z`);
    const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(day.getTime());
    if (isDay && day.toISOString().startsWith(text)) return text;
    throw new InvalidArgumentError('expected a day as YYYY-MM-DD');
  });
}

function diversityOption(): Option {
  return new Option('--diversity <n>', '0: by likeness alone; 1: each as unlike those before it as can be')
    .default(0)
    .argParser((text) => {
      const value = Number(text);
      if (text.trim() === '' || !(value >= 0 && value <= 1))
        throw new InvalidArgumentError('expected a number from 0 to 1');
      return value;
    });
}

function limitOption(fallback: number, most: number): Option {
  return new Option('--limit <n>', `how many, 1 to ${most}`).default(fallback).argParser((text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < 1 || value > most) {
      throw new InvalidArgumentError(`expected a whole number from 1 to ${most}`);
    }
    return value;
  });
}

function settingsText(): string {
  return settingsHelp
    .map(({ name, fallback, about }) => `  ${name.padEnd(18)} ${about}${fallback && ` [${fallback}]`}`)
    .join('\n');
}

await program.parseAsync();
