import type { MigrationEvent, Phase, ProgressEvent } from '@blockferry/migrate';

/** What is copied outside a migration goes through steps of its own. */
export type Step = Phase | 'copy' | 'verify' | 'compare' | 'fill';

/** How far a pass over one disk is. */
export type PassProgress = Omit<ProgressEvent, 'type' | 'phase'> & { readonly phase: Step };

/** What views are told: a migration's events, or those of a copy in the same form. */
export type ViewEvent =
  | Exclude<MigrationEvent, { readonly type: 'result' | 'phase' | 'progress' }>
  | { readonly type: 'phase'; readonly phase: Step }
  | ({ readonly type: 'progress' } & PassProgress);
