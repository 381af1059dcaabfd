// The format of a session directory: raised when a session that an older version began cannot be gone on with.

export const FORMAT = 2;
