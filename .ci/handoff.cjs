// Judges hand-offs with packages of npm: reads tokens of LiveKit and parameters of BigBlueButton from standard input,
// verifies the tokens, and prints the links that another client makes of the parameters.

const { TokenVerifier } = require("livekit-server-sdk");
const bbb = require("bigbluebutton-js");

async function main() {
  const { stub, secret, key, tokens, joins } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
  const verifier = new TokenVerifier(key, secret);
  for (const { token, room } of tokens) {
    const { video } = await verifier.verify(token);
    if (!video.roomJoin || video.room !== room || video.roomAdmin) {
      throw new Error(`the token grants ${JSON.stringify(video)}`);
    }
    const other = new TokenVerifier(key, `${secret}.`);
    await other.verify(token).then(() => { throw new Error("another secret verifies it too"); }, () => {});
  }
  const api = bbb.api(`${stub}/bigbluebutton`, secret);
  const links = joins.map(({ fullName, meetingID, ...rest }) => api.administration.join(fullName, meetingID, "", rest));
  console.log(JSON.stringify({ joins: links }));
}

main();
