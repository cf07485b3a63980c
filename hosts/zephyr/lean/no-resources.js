// In place of the SDK's Resource, for which its lists have a rule: files built into the image, of which there are none.
export {};
