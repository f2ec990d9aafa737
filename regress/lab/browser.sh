# shellcheck shell=bash
# What a browser makes of a page: sourced by scenarios behind lab.sh.  The
# page itself stays as it is; what looks at it are pages of ours around it.

browse() {
	HOME=$LAB timeout 180 chromium --headless --no-sandbox --disable-gpu \
	    --disable-dev-shm-usage --hide-scrollbars \
	    --allow-file-access-from-files "$@" 2>"$LAB/chromium.out"
}

# said_by PAGE: what its script has left in the element of that name
said_by() {
	browse --dump-dom "file://$1" |
	    sed -n 's/.*<pre id="said">\(.*\)<\/pre>.*/\1/p'
}

# measure PAGE WIDTH: in a frame, since no window is as narrow as a phone:
# {"width", "height", "svgs": [[x, y, width, height], ...]} of what there is
# to see; leaves the frame, which becomes as high as that, for picture
measure() {
	cat >"$LAB/frame.html" <<-HTML
		<!DOCTYPE html>
		<body style="margin:0">
		<iframe src="$1" width="$2" style="border:0;display:block"></iframe>
		<pre id="said"></pre>
		<script>
		onload = () => {
			const frame = document.querySelector("iframe");
			const page = frame.contentDocument;
			const place = e => {
				const r = e.getBoundingClientRect();
				return [r.x, r.y, r.width, r.height].map(Math.round);
			};
			frame.height = page.documentElement.scrollHeight;
			said.textContent = JSON.stringify({
				width: page.documentElement.scrollWidth,
				height: page.documentElement.scrollHeight,
				svgs: [...page.querySelectorAll("svg")].map(place) });
		};
		</script>
	HTML
	said_by "$LAB/frame.html"
}

# picture FILE WIDTH HEIGHT: of the frame
picture() {
	browse --window-size="$2,$3" --screenshot="$1" "file://$LAB/frame.html" \
	    >"$LAB/shot.out" && [ -s "$1" ]
}

# colours FILE PLACES: how many there are inside of each place of a picture
colours() {
	cat >"$LAB/colours.html" <<-HTML
		<!DOCTYPE html>
		<body>
		<img src="file://$1">
		<pre id="said"></pre>
		<script>
		onload = () => {
			const image = document.querySelector("img");
			const canvas = document.createElement("canvas");
			canvas.width = image.width;
			canvas.height = image.height;
			const seen = canvas.getContext("2d");
			seen.drawImage(image, 0, 0);
			said.textContent = JSON.stringify($2.map(([x, y, w, h]) =>
			    new Set(new Uint32Array(seen.getImageData(
				x + 2, y + 2, w - 4, h - 4).data.buffer)).size));
		};
		</script>
	HTML
	said_by "$LAB/colours.html"
}
