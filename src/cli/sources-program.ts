import { type Command, Option } from 'commander';
import { inputFormats } from '../ingest/format-names.js';
import type { CommandContext } from './run-command.js';

/** It loads its own code when it is called. */
const sources = () => import('./sources-command.js');

export interface CommandParts {
  command: (work: (context: CommandContext) => Promise<void>) => Promise<void>;
  json: () => Option;
}

/** `quire sources …`. */
export function addSourcesCommands(program: Command, { command, json }: CommandParts): void {
  const sourcesCommand = program
    .command('sources')
    .description('where papers are pulled from by the service while it runs');

  sourcesCommand
    .command('status', { isDefault: true })
    .description('the sources, when each was read last and what came of it')
    .argument('[name]', 'one of them, with its last pulls and their failures')
    .addOption(json())
    .action((name: string | undefined, options) =>
      command(async (context) => (await sources()).sourcesStatusCommand(name, options, context)),
    );

  const addSource = sourcesCommand
    .command('add')
    .description('pull papers from there from now on; one of that name is changed');

  const sourceOptions = (kind: Command): Command =>
    kind
      .option('--name <name>', 'what to call it; made of what it is when not given')
      .option('--every <time>', 'between two pulls, 15m to 7d; what suits its kind when not given')
      .addOption(json());

  sourceOptions(addSource.command('arxiv'))
    .description('announcements of arXiv, by category')
    .argument('<categories...>', 'cs.CL hep-th …')
    .option('--since <day>', 'papers that came since then too: 2026-11-01')
    .action((categories: string[], options) =>
      command(async (context) =>
        (await sources()).addSourceCommand({ kind: 'arxiv', categories, ...options }, context),
      ),
    );

  sourceOptions(addSource.command('huggingface'))
    .description('daily papers of Hugging Face')
    .option('--since <day>', 'from that day on; the last week when not given')
    .action((options) =>
      command(async (context) =>
        (await sources()).addSourceCommand({ kind: 'huggingface', ...options }, context),
      ),
    );

  sourceOptions(addSource.command('feed'))
    .description(
      'anything that Quire reads, at an address: a feed, JSON, BibTeX, CSV, …; pages behind it are followed',
    )
    .argument('<url>', 'http or https')
    .addOption(
      new Option('--format <format>', 'what stands there; by its content when not given').choices(
        inputFormats,
      ),
    )
    .action((url: string, options) =>
      command(async (context) =>
        (await sources()).addSourceCommand({ kind: 'feed', url, ...options }, context),
      ),
    );

  sourceOptions(addSource.command('oai'))
    .description('a repository that speaks OAI-PMH: its history, and what changes')
    .argument('<url>', 'its base address: https://oaipmh.arxiv.org/oai')
    .option('--set <set>', 'a part of it: cs')
    .addOption(
      new Option('--prefix <prefix>', 'what its records are written in; oai_dc when not given').choices([
        'arXiv',
        'arXivRaw',
        'oai_dc',
      ]),
    )
    .option('--since <day>', 'from that day on; all when not given')
    .action((url: string, options) =>
      command(async (context) =>
        (await sources()).addSourceCommand({ kind: 'oai', url, ...options }, context),
      ),
    );

  sourcesCommand
    .command('pull')
    .description('pull now, and wait for what comes of it')
    .argument('[names...]', 'sources; all that are on when not given')
    .addOption(json())
    .action((names: string[], options) =>
      command(async (context) => (await sources()).pullSourcesCommand(names, options, context)),
    );

  for (const [name, isOn, description] of [
    ['pause', false, 'pull no more from there for now'],
    ['resume', true, 'go on pulling from there'],
  ] as const)
    sourcesCommand
      .command(name)
      .description(description)
      .argument('<name>', 'of `quire sources`')
      .addOption(json())
      .action((source: string, options) =>
        command(async (context) =>
          (await sources()).turnSourceCommand(source, { isOn, ...options }, context),
        ),
      );

  sourcesCommand
    .command('remove')
    .description('forget a source and its books; its papers stay')
    .argument('<name>', 'of `quire sources`')
    .addOption(json())
    .action((name: string, options) =>
      command(async (context) => (await sources()).removeSourceCommand(name, options, context)),
    );
}
