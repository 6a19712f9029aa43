/** The latest time that a date can say, in epoch ms. */
export const LATEST_TIME = 8_640_000_000_000_000;
