// What a person may ask of a running session beside stopping it: a fault, another limit, a compressed context.
import type { Context, Hono } from 'hono';
import { z } from 'zod';
import type { SessionParts } from '../runtime/parts.ts';
import { FAULT_KINDS } from '../session/event.ts';
import { LIMIT_NAMES } from '../session/plan.ts';

const FAULT = z.strictObject({ fault: z.enum(FAULT_KINDS), agent: z.string().max(64).nullish() });
const LIMIT = z.strictObject({
  limit: z.enum(LIMIT_NAMES),
  to: z.number().min(0).max(1e15).nullable(),
  by: z.string().min(1).max(64).default('api'),
  why: z.string().min(1).max(300),
});

export interface Guards {
  readonly hasToken: (context: Context) => boolean;
  readonly refused: (context: Context) => Response;
}

export function addWishes(app: Hono, parts: SessionParts, { hasToken, refused }: Guards): void {
  const session = parts.id;
  const bad = (context: Context, error: string) => context.json({ session, error }, 400);

  app.post('/api/chaos', async (context) => {
    if (!hasToken(context)) return refused(context);
    const body = FAULT.safeParse(await bodyOf(context));
    if (!body.success)
      return bad(context, `a body like {"fault": "kill"} is needed; faults: ${FAULT_KINDS.join(', ')}`);
    const { plan, stage, agents } = parts.session();
    const { fault, agent = null } = body.data;
    if (!plan.chaos.allowed) return context.json({ session, error: 'chaos.allow is not set for this session' }, 409);
    if (stage.is !== 'working')
      return context.json({ session, error: `no fault now: the session is ${stage.is}` }, 409);
    if (agent !== null && !(agent in agents)) return bad(context, `there is no agent "${agent}"`);
    parts.post({ type: 'fault-requested', by: 'person', fault, agent });
    return context.json({ session, fault }, 202);
  });

  app.post('/api/limits', async (context) => {
    if (!hasToken(context)) return refused(context);
    const body = LIMIT.safeParse(await bodyOf(context));
    if (!body.success)
      return bad(
        context,
        `a body like {"limit": "totalTokens", "to": 1000000, "why": "…"} is needed; limits: ${LIMIT_NAMES.join(', ')}`,
      );
    const { limit, to, by, why } = body.data;
    const from = parts.session().plan.limits[limit];
    if (limit === 'windows' && to === null) return bad(context, 'windows is a number; 0 waits for none');
    parts.post({ type: 'limit-changed', by, limit, from, to, why });
    return context.json({ session, limit, from, to }, 200);
  });

  app.post('/api/compress', (context) => {
    if (!hasToken(context)) return refused(context);
    const working = Object.values(parts.session().agents).find(({ at }) => at.is === 'running');
    if (working === undefined) return context.json({ session, error: 'nobody is at work just now' }, 409);
    parts.post({ type: 'compress-requested', by: 'api' });
    return context.json({ session, agent: working.name }, 202);
  });
}

async function bodyOf(context: Context): Promise<unknown> {
  try {
    return await context.req.json();
  } catch {
    return null;
  }
}
