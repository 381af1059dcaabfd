// The files to deploy with Docker, in the forms people write them: what is valid passes, what only looks so does not.
import { expect, test } from 'vitest';
import { dockerChecks } from '../../../src/judge/probes/docker.ts';

const DOCKERFILE = `FROM rust:1.80 AS build
RUN cargo build
FROM debian:12-slim
RUN useradd app
USER app
EXPOSE 6380 6381
HEALTHCHECK CMD ["./redqueue-cli", "ping"]
CMD ["./redqueue"]
`;
const COMPOSE = `services:
  redqueue:
    build: .
    restart: always
    ports: ["6380:6380", "6381:6381"]
    volumes: ["data:/data"]
volumes: {data: {}}
`;
const FILES = { Dockerfile: DOCKERFILE, 'compose.yaml': COMPOSE, '.dockerignore': '.git\ndata\n' };

async function wrongs(path: keyof typeof FILES, from: string, to: string) {
  expect(FILES[path]).toContain(from);
  const files = { ...FILES, [path]: FILES[path].replace(from, () => to) };
  const all = await dockerChecks(new Map(Object.entries(files)), { port: 6380, data: 'data' });
  return all.map(({ text }) => text).filter((text) => text !== '');
}

const EXPOSE = 'EXPOSE 6380 6381';
const PORTS = '"6380:6380", "6381:6381"';
const LAST = DOCKERFILE.slice(DOCKERFILE.indexOf('FROM debian'));
const MERGED = `x-base: &base {restart: always}\n${COMPOSE.replace('restart: always', '<<: *base')}`;

test.each([
  ['as they are', 'Dockerfile', '', ''],
  ['a range of ports', 'Dockerfile', EXPOSE, 'EXPOSE 6380-6381/tcp'],
  ['ports of ENV', 'Dockerfile', EXPOSE, 'ENV PORT=6380 DASHBOARD_PORT="6381"\nEXPOSE $PORT $DASHBOARD_PORT'],
  ['ports of an old ENV', 'Dockerfile', EXPOSE, 'ENV PORT 6380\nEXPOSE $PORT 6381'],
  ['ports of ARG and defaults', 'Dockerfile', EXPOSE, `ARG PORT=6380\nEXPOSE $\{PORT} $\{OTHER:-6381}`],
  [
    'a port of the ARG before FROM',
    'Dockerfile',
    DOCKERFILE,
    `ARG P=6380\n${LAST.replace('EXPOSE', 'ARG P\nEXPOSE $P')}`,
  ],
  ['a user of ENV, whatever ARG says', 'Dockerfile', 'USER app', 'ENV U=app\nARG U=root\nUSER $U'],
  ['a here-document', 'Dockerfile', 'RUN useradd app', 'RUN python3 <<EOF\nFROM os import environ\nUSER root\nEOF'],
  ['two here-documents', 'Dockerfile', 'RUN useradd app', 'COPY <<A <<-"B" /x/\nFROM a\nA\nFROM b\n\tB'],
  ['a here-string', 'Dockerfile', 'RUN useradd app', 'RUN cat <<<EOF'],
  [
    'a stage on an earlier one',
    'Dockerfile',
    LAST,
    `${LAST.replace('slim', 'slim AS base')}FROM Base\nCMD ["./other"]\n`,
  ],
  ['an overridden start', 'Dockerfile', 'CMD ["./redqueue"]', 'CMD ./redqueue\nCMD ["./redqueue"]'],
  ['a published range', 'compose.yaml', PORTS, '"6380-6381:6380-6381"'],
  ['published variables', 'compose.yaml', PORTS, `"$\{PORT:-6380}:$\{PORT:-6380}", "$\{D:-6381}:6381"`],
  ['a merged restart', 'compose.yaml', COMPOSE, MERGED],
  ['all but some', '.dockerignore', '.git\ndata\n', '*\n!src\n'],
  ['a name that is kept out again', '.dockerignore', '.git\n', '.git\n!.git\n/.git/\n'],
] as const)('valid Docker files pass: %s', async (_, path, from, to) => {
  expect(await wrongs(path, from, to)).toEqual([]);
});

test.each([
  ['root by number', 'Dockerfile', 'USER app', 'USER 00', 'USER is root'],
  ['root with a group', 'Dockerfile', 'USER app', 'USER 0:0', 'USER is root'],
  ['root of ARG', 'Dockerfile', 'USER app', 'ARG U=root\nUSER $U', 'USER is root'],
  ['a user of an ARG without value', 'Dockerfile', 'USER app', 'ARG U\nUSER $U', 'USER is root'],
  ['a user in a here-document', 'Dockerfile', 'USER app', 'RUN <<EOF\nUSER app\nEOF', 'USER is root'],
  ['a range beside the port', 'Dockerfile', EXPOSE, 'EXPOSE 6381-6390', 'EXPOSE lacks 6380'],
  ['another value', 'Dockerfile', EXPOSE, `ENV P=7000\nEXPOSE $\{P:-6380} 6381`, 'EXPOSE lacks 6380'],
  ['a published range beside the port', 'compose.yaml', PORTS, '"6379-6380:6379-6380"', 'port 6381 is not published'],
  ['a merged restart of no', 'compose.yaml', 'restart: always', '<<: {restart: "no"}', 'there is no restart policy'],
  ['.git let in again', '.dockerignore', 'data\n', 'data\n!.git\n', '.dockerignore does not keep out .git'],
  ['the data let in again', '.dockerignore', 'data\n', 'data\n!data/**\n', '.dockerignore does not keep out data'],
] as const)('Docker files that only look right fail: %s', async (_, path, from, to, wrong) => {
  expect(await wrongs(path, from, to)).toEqual([wrong]);
});
