/** Everything that a drill acquires, released in reverse order, each even when another's release fails. */
export class ResourceStack implements AsyncDisposable {
  readonly #releases: (() => Promise<void>)[] = [];

  /** Registers a release before the set-up that may need it begins. */
  defer(release: () => Promise<void> | void): void {
    this.#releases.push(async () => {
      await release();
    });
  }

  use<T extends AsyncDisposable>(resource: T): T {
    this.defer(async () => {
      await resource[Symbol.asyncDispose]();
    });
    return resource;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (const release of this.#releases.splice(0).toReversed()) {
      try {
        await release();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'not everything could be released');
  }
}
