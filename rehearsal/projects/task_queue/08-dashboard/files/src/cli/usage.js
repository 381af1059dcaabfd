// The help text of redqueue-cli.

/** What `redqueue-cli --help` prints. */
export const USAGE = `Usage: redqueue-cli [--host HOST] [--port PORT] COMMAND

  ping                       prints PONG when the server answers
  enqueue QUEUE PAYLOAD      prints the new job's id
      [--priority N] [--delay MS] [--retries N]
  dequeue QUEUE              takes a job for good and prints its payload
  reserve QUEUE              takes a job for a time and prints id, attempt and payload
      [--timeout MS] [--wait MS]
  ack ID                     the job is done
  nack ID [--delay MS]       the attempt has failed; prints what becomes of the job
  len QUEUE                  prints how many jobs are waiting
  queues                     prints the names of all queues
  job ID                     prints everything about a job
  dead QUEUE [--count N]     prints id, attempts and payload of dead jobs
  requeue ID                 gives a dead job another chance
  purge QUEUE                throws dead jobs away and prints how many
  info                       prints the server's figures
  work QUEUE -- PROGRAM...   runs PROGRAM for every job, payload on its standard input;
                             exit code 0 means that the job is done
      [--concurrency N] [--timeout MS] [--retry-delay MS] [--drain]

The port is --port, else the environment variable PORT, else 6380.
A word that begins with a dash can be given after "--".
Exit codes: 0 done, 1 the server refused or did not answer, 2 wrong usage, 3 there was no job to take.
`;
