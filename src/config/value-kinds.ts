// The kinds of values that options have, each with its limits.
import { z } from 'zod';

export const count = (least: number, most: number) => z.int().min(least).max(most);
export const share = z.number().min(0).max(1);
export const text = z.string().max(100_000);
export const words = z.array(z.string().min(1).max(200)).max(64);
export const number = (least: number, most: number) => z.number().min(least).max(most);
