// A clock that stands still until a test moves it, so that no test has to wait for a delay.

/** Has the interface of `systemClock`. */
export class FakeClock {
  #now = 1_700_000_000_000;
  #alarms = new Set();

  /** @returns {number} */
  now() {
    return this.#now;
  }

  /** @param {number} at @param {() => void} wake @returns {() => void} cancels */
  wakeAt(at, wake) {
    const alarm = { at, wake };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  /** Moves on and wakes, in order of time, everyone whose time has come. @param {number} ms */
  advance(ms) {
    const end = this.#now + ms;
    for (let alarm = this.#nextAlarm(end); alarm !== undefined; alarm = this.#nextAlarm(end)) {
      this.#alarms.delete(alarm);
      this.#now = Math.max(this.#now, alarm.at);
      alarm.wake();
    }
    this.#now = end;
  }

  #nextAlarm(end) {
    const due = [...this.#alarms].filter(({ at }) => at <= end);
    return due.sort((a, b) => a.at - b.at)[0];
  }
}
