export interface TrueCharge {
  readonly session: string;
  readonly model: string;
  readonly ts: number;
  readonly micros: number;
}
export function readCharges(configDir: string): readonly TrueCharge[];
export function spendOf(charges: readonly TrueCharge[]): { readonly spend: readonly TrueCharge[] };
export function unrecordedOf(charges: readonly TrueCharge[], spend: readonly TrueCharge[]): readonly TrueCharge[];
